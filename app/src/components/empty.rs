//! Before the first picture: what this is, and a few prompts that the default model is good at.

use leptos::prelude::*;

use crate::browser;

const EXAMPLES: [&str; 6] = [
    "a red apple on a blue background",
    "a yellow star",
    "a smiling sun, sticker",
    "a green cactus in a pot",
    "a sleeping orange cat",
    "a rocket among the stars",
];

/// The invitation.
#[component]
pub fn Empty(prompt: RwSignal<String>) -> impl IntoView {
    view! {
        <div class="empty" data-testid="empty">
            <h2>"What shall it be?"</h2>
            <p>
                "Describe a picture, and it is made here, on your own device. Nobody else sees the \
                 words or the picture."
            </p>
            <ul class="chips" aria-label="Examples">
                {EXAMPLES.map(|example| view! {
                    <li>
                        <button
                            class="chip"
                            type="button"
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
