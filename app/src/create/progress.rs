//! How far the running job is: a bar, the stage, and the time left.

use image2_protocol::Stage;
use leptos::prelude::*;

use crate::host::Host;
use crate::host::session::{Cancelling, Progress, Run};
use crate::locales::{Message, live, messages, t};
use crate::wording;

/// All that this part shows, so that it changes with nothing else.
#[derive(Clone, PartialEq)]
struct Shown {
    progress: Progress,
    words: Message,
}

/// The progress under the stage; nothing while nothing runs.
#[component]
pub fn ProgressBar(host: Host) -> impl IntoView {
    let shown = host.view(|session| match &session.run {
        Run::Active(active) => Some(Shown {
            progress: active.progress,
            words: match active.cancelling {
                Cancelling::No => wording::progress(&active.progress),
                _ => messages::stopping(),
            },
        }),
        _ => None,
    });
    let is_shown = Memo::new(move |_| shown.with(Option::is_some));
    let read = move |part: fn(&Progress) -> u32| {
        shown.with(|shown| shown.as_ref().map_or(0, |shown| part(&shown.progress)))
    };
    let stage = move || {
        shown.with(|shown| match shown.as_ref()?.progress.stage {
            Stage::Drawing => Some("drawing"),
            Stage::Enlarging => Some("enlarging"),
        })
    };
    view! {
        <Show when=move || is_shown.get()>
            <div class="progress">
                <progress
                    aria-label=t(messages::progress())
                    max="100"
                    value=move || read(|progress| progress.percent())
                    data-testid="progress"
                    data-stage=stage
                    data-done=move || read(|progress| progress.done)
                ></progress>
                <p data-testid="progress-text">
                    {live(move || shown.with(|shown| shown.as_ref().map(|shown| shown.words.clone())))}
                </p>
            </div>
        </Show>
    }
}
