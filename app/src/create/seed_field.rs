//! The seed: which of the countless pictures for the same words. Rolled anew for each picture,
//! or locked, so that the same settings give the same picture.

use leptos::prelude::*;

use crate::create::form::Form;
use crate::locales::{live, messages, t};
use crate::shell::icons::{DIE, Icon, LOCKED, UNLOCKED};

/// The seed with its lock and its die.
#[component]
pub fn SeedField(form: Form) -> impl IntoView {
    let locked = form.seed_locked;
    view! {
        <div class="field">
            <label class="name" for="seed">{t(messages::seed())}</label>
            <div class="joined">
                // Text, not a number: a browser rounds numbers above 2^53.
                <input
                    id="seed"
                    type="text"
                    inputmode="numeric"
                    autocomplete="off"
                    spellcheck="false"
                    placeholder=t(messages::seed_placeholder())
                    data-testid="seed"
                    aria-describedby="seed-note"
                    aria-invalid=move || form.seed_fault.get().map(|_| "true")
                    prop:value=move || form.seed.get()
                    on:input:target=move |event| {
                        let text = event.target().value();
                        // A seed that was typed is meant.
                        locked.set(!text.trim().is_empty());
                        form.seed.set(text);
                    }
                />
                <button
                    class="plain square"
                    type="button"
                    aria-label=t(messages::seed_roll())
                    title=t(messages::seed_roll())
                    data-testid="seed-roll"
                    data-repeatable
                    on:click=move |_| form.roll()
                >
                    <Icon path=DIE/>
                </button>
                <button
                    class="plain square toggle"
                    type="button"
                    aria-label=t(messages::seed_lock())
                    title=live(move || if locked.get() {
                        messages::seed_locked()
                    } else {
                        messages::seed_unlocked()
                    })
                    aria-pressed=move || if locked.get() { "true" } else { "false" }
                    data-testid="seed-lock"
                    on:click=move |_| {
                        locked.update(|locked| *locked = !*locked);
                        if locked.get_untracked() && form.seed.with_untracked(String::is_empty) {
                            form.roll();
                        }
                    }
                >
                    {move || if locked.get() { view! { <Icon path=LOCKED/> } } else { view! { <Icon path=UNLOCKED/> } }}
                </button>
            </div>
            <p class="note" id="seed-note" class:fault=move || form.seed_fault.get().is_some() data-testid="seed-note">
                {live(move || form.seed_fault.get().unwrap_or_else(|| if locked.get() {
                    messages::seed_note_locked()
                } else {
                    messages::seed_note_unlocked()
                }))}
            </p>
        </div>
    }
}
