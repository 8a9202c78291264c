//! A failure: what happened, that nothing is lost, and what can be done about it.

use leptos::prelude::*;

use crate::host::Host;
use crate::host::device::Path;
use crate::host::session::{Action, Trouble};
use crate::locales::{Message, messages, t};
use crate::wording;

/// The panel under the stage; nothing while all is well.
#[component]
pub fn TroublePanel(host: Host) -> impl IntoView {
    let trouble = host.view(|session| session.trouble.clone());
    view! { {move || trouble.get().map(|trouble| view! { <Panel host=host trouble=trouble/> })} }
}

#[component]
fn Panel(host: Host, trouble: Trouble) -> impl IntoView {
    let on_gpu = host.path.get_untracked() == Some(Path::Gpu);
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
                    on:click=move |_| host.act(action)
                >
                    {t(words)}
                </button>
            }
        });
    view! {
        <div class="trouble" role="alert" data-testid="error">
            <p class="trouble-what">{t(wording::failure(&trouble.failure))}</p>
            <p class="note">
                {resends.then(|| view! { <span>{t(messages::trouble_kept())}</span>" " })}
                {t(messages::trouble_code())} " " <code data-testid="error-code">{trouble.failure.code.clone()}</code>
            </p>
            <div class="buttons">{buttons.collect_view()}</div>
        </div>
    }
}

/// The stable key and the words of a button.
fn label(action: Action, resends: bool) -> (&'static str, Message) {
    match action {
        Action::Edit => ("edit", messages::trouble_edit()),
        Action::Retry => ("retry", messages::trouble_retry()),
        Action::Restart if resends => ("restart", messages::trouble_restart_resend()),
        Action::Restart => ("restart", messages::trouble_restart()),
        Action::UseCpu => ("cpu", messages::trouble_use_cpu()),
        Action::FetchAgain => ("fetch", messages::trouble_fetch()),
        Action::Reload => ("reload", messages::trouble_reload()),
        Action::Dismiss => ("dismiss", messages::trouble_dismiss()),
    }
}
