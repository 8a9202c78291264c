//! How far the running job is: a bar, the stage, and the time left.

use image2_protocol::Stage;
use leptos::prelude::*;

use crate::host::Host;
use crate::host::session::{Cancelling, Run};
use crate::locales::{Message, live, messages, t};
use crate::wording;

/// All that this part shows, so that it changes with nothing else.
#[derive(Clone, PartialEq)]
struct Shown {
    stage: Stage,
    done: u32,
    all: u32,
    words: Message,
}

/// The progress under the stage; nothing while nothing runs.
#[component]
pub fn Progress(host: Host) -> impl IntoView {
    let shown = host.view(|session| match &session.run {
        Run::Active(active) => Some(Shown {
            stage: active.progress.stage,
            done: active.progress.done,
            all: active.progress.all,
            words: match active.cancelling {
                Cancelling::No => wording::progress(&active.progress),
                _ => messages::stopping(),
            },
        }),
        _ => None,
    });
    let is_shown = Memo::new(move |_| shown.with(Option::is_some));
    let stage = move || {
        shown.with(|shown| match shown.as_ref()?.stage {
            Stage::Drawing => Some("drawing"),
            Stage::Enlarging => Some("enlarging"),
        })
    };
    let read = move |part: fn(&Shown) -> u32| shown.with(|shown| shown.as_ref().map_or(0, part));
    view! {
        <Show when=move || is_shown.get()>
            <div class="progress">
                <progress
                    aria-label=t(messages::progress())
                    max=move || read(|shown| shown.all)
                    value=move || read(|shown| shown.done)
                    data-testid="progress"
                    data-stage=stage
                ></progress>
                <p data-testid="progress-text">
                    {live(move || shown.with(|shown| shown.as_ref().map(|shown| shown.words.clone())))}
                </p>
            </div>
        </Show>
    }
}
