//! A failure: what happened, that nothing is lost, and what can be done about it.

use leptos::prelude::*;

use crate::host::Engine;
use crate::host::device::Path;
use crate::host::session::{Action, Trouble};
use crate::wording;

/// The panel under the stage; nothing while all is well.
#[component]
pub fn TroublePanel(engine: Engine) -> impl IntoView {
    let trouble = engine.view(|session| session.trouble.clone());
    view! { {move || trouble.get().map(|trouble| view! { <Panel engine=engine trouble=trouble/> })} }
}

#[component]
fn Panel(engine: Engine, trouble: Trouble) -> impl IntoView {
    let on_gpu = engine.path.get_untracked() == Some(Path::Gpu);
    let resends = trouble.lost.is_some();
    let buttons = trouble
        .actions(on_gpu)
        .into_iter()
        .enumerate()
        .map(|(place, action)| {
            let (key, words) = label(action, resends);
            view! {
                <button
                    type="button"
                    class=if place == 0 { "primary" } else { "plain" }
                    data-testid=format!("error-action-{key}")
                    on:click=move |_| engine.act(action)
                >
                    {words}
                </button>
            }
        });
    view! {
        <div class="trouble" role="alert" data-testid="error">
            <p class="trouble-what">{wording::failure(&trouble.failure)}</p>
            <p class="note">
                {if resends { "Your prompt and settings are kept, and will be sent again. " } else { "" }}
                "Error " <code data-testid="error-code">{trouble.failure.code.clone()}</code>
            </p>
            <div class="buttons">{buttons.collect_view()}</div>
        </div>
    }
}

/// The stable key and the words of a button.
fn label(action: Action, resends: bool) -> (&'static str, &'static str) {
    match action {
        Action::Edit => ("edit", "Change the prompt"),
        Action::Retry => ("retry", "Try again"),
        Action::Restart if resends => ("restart", "Restart and try again"),
        Action::Restart => ("restart", "Restart"),
        Action::UseCpu => ("cpu", "Use the processor instead"),
        Action::FetchAgain => ("fetch", "Download the model again"),
        Action::Reload => ("reload", "Reload the page"),
        Action::Dismiss => ("dismiss", "Dismiss"),
    }
}
