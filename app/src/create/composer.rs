//! The prompt and the button. On a phone this part stands at the lower edge, under the thumb.

use leptos::prelude::*;

use crate::browser;
use crate::create::state::State;
use crate::host::session::{Cancelling, Phase, Run};
use crate::locales::{Message, live, messages, t};
use crate::wording;

/// The words on the two buttons.
#[derive(Clone, PartialEq)]
struct Buttons {
    generate: Message,
    cancel: Option<Message>,
}

/// The prompt, generate and cancel, and the loading of the model.
#[component]
pub fn Composer(state: State, is_busy: Memo<bool>) -> impl IntoView {
    let State { form, host, .. } = state;
    let buttons = host.view(|session| match (&session.run, &session.phase) {
        (Run::Idle, _) => Buttons {
            generate: messages::make(),
            cancel: None,
        },
        (Run::Waiting(_), _) => Buttons {
            generate: messages::make_waiting(),
            cancel: Some(messages::cancel()),
        },
        (Run::Active(active), _) => match active.cancelling {
            Cancelling::No => Buttons {
                generate: messages::making(),
                cancel: Some(messages::stop()),
            },
            Cancelling::Since(_) => Buttons {
                generate: messages::making(),
                cancel: Some(messages::stopping()),
            },
            Cancelling::Overdue => Buttons {
                generate: messages::making(),
                cancel: Some(messages::stop_now()),
            },
        },
    });
    let cancel = Memo::new(move |_| buttons.get().cancel);
    // The button that had the focus goes away with the job: the focus goes to its neighbour.
    Effect::new(move |was_busy: Option<bool>| {
        let is_busy = is_busy.get();
        if was_busy == Some(true) && !is_busy && browser::is_focus_on_or_lost("cancel") {
            browser::focus_in_place("generate");
        }
        is_busy
    });
    view! {
        <section class="composer" aria-label=t(messages::prompt())>
            <label class="name" for="prompt">{t(messages::prompt())}</label>
            // A browser's extended spelling check sends what is typed to its maker: a prompt is
            // nobody's business, so it is off.
            <textarea
                id="prompt"
                dir="auto"
                rows="3"
                autocomplete="off"
                autocapitalize="sentences"
                spellcheck="false"
                enterkeyhint="go"
                placeholder=t(messages::prompt_placeholder())
                data-testid="prompt"
                aria-describedby="prompt-note"
                aria-invalid=move || form.prompt_fault.get().map(|_| "true")
                prop:value=move || form.prompt.get()
                on:input:target=move |event| {
                    form.prompt.set(event.target().value());
                }
                on:keyup:target=move |event| {
                    // A browser scrolls to the line of the caret alone when a key moves the focus here.
                    if event.key() == "Tab" {
                        browser::reveal(&event.target());
                    }
                }
                on:keydown=move |event| {
                    let is_plain = !event.shift_key() && !event.ctrl_key() && !event.meta_key() && !event.alt_key();
                    if event.key() == "Enter" && is_plain && !browser::is_composing(&event) {
                        event.prevent_default();
                        // A key held down is one press.
                        if !event.repeat() {
                            state.generate();
                        }
                    }
                }
            ></textarea>
            <div class="composer-buttons">
                <button
                    id="generate"
                    class="primary"
                    type="button"
                    data-testid="generate"
                    aria-disabled=move || if is_busy.get() { "true" } else { "false" }
                    aria-keyshortcuts="Control+Enter Meta+Enter"
                    on:click=move |_| state.generate()
                >
                    {live(move || buttons.get().generate)}
                </button>
                <Show when=move || cancel.get().is_some()>
                    <button
                        id="cancel"
                        class="plain"
                        type="button"
                        data-testid="cancel"
                        aria-keyshortcuts="Escape"
                        on:click=move |_| host.cancel()
                    >
                        {live(move || cancel.get())}
                    </button>
                </Show>
            </div>
            <Loading state=state/>
            <p class="note hint" id="prompt-note" class:fault=move || form.prompt_fault.get().is_some()>
                {live(move || form.prompt_fault.get().unwrap_or_else(messages::prompt_hint))}
            </p>
        </section>
    }
}

/// How far the model is: a bar and the words.
#[derive(Clone, PartialEq)]
struct OnItsWay {
    label: Message,
    /// Done, of all; without them the bar only shows that something goes on.
    part: Option<(u64, u64)>,
    words: Message,
}

impl OnItsWay {
    /// Nothing once the model is there, or where none comes.
    fn of(phase: &Phase) -> Option<Self> {
        let (label, part, words) = match *phase {
            Phase::Loading {
                received_bytes,
                total_bytes,
            } if total_bytes > 0 => {
                let words = if received_bytes >= total_bytes {
                    messages::model_uploading()
                } else {
                    let [received, total] = [received_bytes, total_bytes].map(wording::bytes);
                    messages::model_loading_bytes(received, total)
                };
                (
                    messages::model_loading(),
                    Some((received_bytes, total_bytes)),
                    words,
                )
            }
            Phase::Preparing { done, total } => (
                messages::model_preparing(),
                Some((done.into(), total.into())),
                wording::preparing(done, total),
            ),
            Phase::Starting | Phase::Loading { .. } => {
                (messages::model_loading(), None, messages::model_starting())
            }
            Phase::Ready(_) | Phase::Down => return None,
        };
        Some(Self { label, part, words })
    }
}

/// The model on its way; nothing once it is there.
#[component]
fn Loading(state: State) -> impl IntoView {
    let phase = state.host.phase;
    let shown = Memo::new(move |_| phase.with(OnItsWay::of));
    let is_shown = Memo::new(move |_| shown.with(Option::is_some));
    let part = move || shown.with(|shown| shown.as_ref()?.part);
    view! {
        <Show when=move || is_shown.get()>
            <div class="loading">
                <progress
                    aria-label=live(move || shown.with(|shown| shown.as_ref().map(|shown| shown.label.clone())))
                    max=move || part().map(|(_, total)| total.to_string())
                    value=move || part().map(|(done, _)| done.to_string())
                    data-testid="load-progress"
                ></progress>
                <p class="note" data-testid="load-text">
                    {live(move || shown.with(|shown| shown.as_ref().map(|shown| shown.words.clone())))}
                </p>
            </div>
        </Show>
    }
}
