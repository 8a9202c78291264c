//! This session's pictures, newest first.

use image2_protocol::JobId;
use leptos::prelude::*;

use crate::host::Engine;
use crate::locales::{messages, t};

/// The strip; nothing before the first picture.
#[component]
pub fn Strip(
    engine: Engine,
    active: Memo<Option<(JobId, u32, u32)>>,
    /// Whether a finished picture is looked at while another is made.
    is_peeking: RwSignal<bool>,
) -> impl IntoView {
    let is_empty = Memo::new(move |_| engine.shots.with(Vec::is_empty));
    let is_live = Memo::new(move |_| active.with(Option::is_some));
    let newest_first = move || {
        let mut shots = engine.shots.get();
        shots.reverse();
        shots
    };
    let is_current = move |number: u32| {
        engine.shown.get() == Some(number) && (!is_live.get() || is_peeking.get())
    };
    view! {
        <Show when=move || !is_empty.get()>
            <section class="session" aria-label=t(messages::session_pictures())>
                <div class="session-head">
                    <h2>{t(messages::session())}</h2>
                    <p class="note">{t(messages::session_note())}</p>
                </div>
                <ul class="strip" data-testid="strip">
                    <Show when=move || is_live.get()>
                        <li>
                            <button
                                class="thumb live"
                                type="button"
                                aria-label=t(messages::session_making())
                                aria-current=move || (!is_peeking.get()).then_some("true")
                                on:click=move |_| is_peeking.set(false)
                            >
                                <span class="pulse"></span>
                            </button>
                        </li>
                    </Show>
                    <For each=newest_first key=|shot| shot.number let:shot>
                        {
                            let number = shot.number;
                            view! {
                                <li>
                                    <button
                                        class="thumb"
                                        type="button"
                                        aria-label=t(messages::session_picture(number, shot.made.job.prompt.as_str()))
                                        aria-current=move || is_current(number).then_some("true")
                                        data-testid="thumb"
                                        on:click=move |_| {
                                            engine.shown.set(Some(number));
                                            is_peeking.set(true);
                                        }
                                    >
                                        <img src=shot.address.as_str().to_owned() alt=""/>
                                    </button>
                                </li>
                            }
                        }
                    </For>
                </ul>
            </section>
        </Show>
    }
}
