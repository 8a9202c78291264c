//! How far the running job is: a bar, the step, and the time left.

use leptos::prelude::*;

use crate::host::Host;
use crate::host::session::{Cancelling, Run};
use crate::locales::{Message, live, messages, t};
use crate::wording;

/// Step, of steps, and the words. All that this part shows, so that it changes with nothing else.
#[derive(Clone, PartialEq)]
struct Shown {
    step: u32,
    steps: u32,
    words: Message,
}

/// The progress under the stage; nothing while nothing runs.
#[component]
pub fn Progress(host: Host) -> impl IntoView {
    let shown = host.view(|session| match &session.run {
        Run::Active(active) => Some(Shown {
            step: active.step,
            steps: active.recipe.steps,
            words: match active.cancelling {
                Cancelling::No => {
                    wording::progress(active.step, active.recipe.steps, active.left_ms)
                }
                _ => messages::progress_stopping(),
            },
        }),
        _ => None,
    });
    let is_shown = Memo::new(move |_| shown.with(Option::is_some));
    let read = move |part: fn(&Shown) -> u32| shown.with(|shown| shown.as_ref().map_or(0, part));
    view! {
        <Show when=move || is_shown.get()>
            <div class="progress">
                <progress
                    aria-label=t(messages::progress())
                    max=move || read(|shown| shown.steps)
                    value=move || read(|shown| shown.step)
                    data-testid="progress"
                ></progress>
                <p data-testid="progress-text">
                    {live(move || shown.with(|shown| shown.as_ref().map(|shown| shown.words.clone())))}
                </p>
            </div>
        </Show>
    }
}
