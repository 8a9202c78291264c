//! Before the first picture: what this is, and a few prompts that the default model is good at.

use leptos::prelude::*;

use crate::browser;

const EXAMPLES: [&str; 6] = [
    "a 3d robot on a yellow background",
    "a flat car on a sky blue background",
    "a 3d taxi, sticker",
    "a 3d rocket on navy",
    "a flat guitar on orange",
    "a 3d hamburger, transparent background",
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
