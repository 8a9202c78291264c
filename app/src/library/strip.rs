//! This session's pictures, newest first.

use leptos::prelude::*;
use uuid::Uuid;

use crate::library::gallery::Gallery;
use crate::locales::{messages, t};

/// The strip; nothing before the first picture.
#[component]
pub fn Strip(
    gallery: Gallery,
    /// Whether another picture is being made.
    is_live: Memo<bool>,
    /// Whether a finished picture is looked at while another is made.
    is_peeking: RwSignal<bool>,
) -> impl IntoView {
    let is_empty = Memo::new(move |_| gallery.items.with(Vec::is_empty));
    let newest_first = move || {
        let mut items = gallery.items.get();
        items.reverse();
        items
    };
    let is_current =
        move |id: Uuid| gallery.shown.get() == Some(id) && (!is_live.get() || is_peeking.get());
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
                    <For each=newest_first key=|item| item.record.id let:item>
                        {
                            let id = item.record.id;
                            let ground = item.ground.clone();
                            let colour = item.ground.clone();
                            view! {
                                <li>
                                    <button
                                        class="thumb"
                                        type="button"
                                        dir="auto"
                                        aria-label=t(messages::session_picture(item.number, item.record.recipe.prompt.as_str()))
                                        aria-current=move || is_current(id).then_some("true")
                                        data-picture-id=id.to_string()
                                        data-testid="thumb"
                                        class:on-ground=move || ground.get().is_some()
                                        style=("--ground", move || colour.get().map(|ground| ground.to_string()))
                                        on:click=move |_| {
                                            gallery.shown.set(Some(id));
                                            is_peeking.set(true);
                                        }
                                    >
                                        <img src=item.thumbnail_address.as_str().to_owned() alt=""/>
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
