//! Before the first picture: what this is, and a few prompts that the default model is good at.

use leptos::prelude::*;

use crate::browser;
use crate::locales::{messages, t};

/// In English in every language: they are words for the model, which reads no other language.
const EXAMPLES: [&str; 6] = [
    "a 3d cat",
    "a flat blue car",
    "a cartoon owl",
    "a pixel mushroom",
    "a 3d hamburger",
    "a bold red rocket",
];

/// The invitation.
#[component]
pub fn Empty(prompt: RwSignal<String>) -> impl IntoView {
    view! {
        <div class="empty" data-testid="empty">
            <h2>{t(messages::empty_title())}</h2>
            <p>{t(messages::empty_text())}</p>
            <ul class="chips" aria-label=t(messages::examples())>
                {EXAMPLES.map(|example| view! {
                    <li>
                        <button
                            class="chip"
                            type="button"
                            lang="en"
                            dir="auto"
                            data-testid="example"
                            on:click=move |_| {
                                prompt.set(example.into());
                                browser::focus("generate");
                            }
                        >
                            {example}
                        </button>
                    </li>
                })}
            </ul>
        </div>
    }
}
