//! What is chosen once: language, theme and device. A popover of the browser's own: Escape and a
//! press outside close it, and the focus goes back by itself.

use leptos::{ev, prelude::*};

use crate::browser;
use crate::create::state::State;
use crate::host::device::{Choice, Path};
use crate::locales::{Language, Locale, live, messages, t};
use crate::shell::icons::{CLOSE, Icon};
use crate::shell::theme::Theme;
use crate::wording;

/// The popover behind the button in the top line.
#[component]
pub fn Preferences(state: State) -> impl IntoView {
    let host = state.host;
    let hint = move || match host.path.get() {
        Some(Path::Cpu(why)) => Some(wording::reason_help(why)),
        Some(Path::Gpu) => Some(messages::device_hint_gpu()),
        None => None,
    };
    let leave = window_event_listener(ev::focusin, |event| browser::close_popover_on_leave(&event));
    on_cleanup(move || leave.remove());
    view! {
        <div
            id="preferences"
            class="preferences"
            popover="auto"
            role="dialog"
            aria-label=t(messages::preferences())
            data-testid="settings-panel"
        >
            <div class="preferences-head">
                <h2>{t(messages::preferences())}</h2>
                <button
                    class="quiet square"
                    type="button"
                    popovertarget="preferences"
                    popovertargetaction="hide"
                    aria-label=t(messages::close())
                >
                    <Icon path=CLOSE/>
                </button>
            </div>
            <LanguageField/>
            <fieldset data-testid="theme">
                <legend>{t(messages::appearance())}</legend>
                <div class="segments">
                    {Theme::ALL.map(|theme| view! {
                        <label class="segment">
                            <input
                                type="radio"
                                name="theme"
                                value=theme.key()
                                prop:checked=move || state.theme.get() == theme
                                on:change=move |_| state.theme.set(theme)
                                data-testid=format!("theme-{}", theme.key())
                            />
                            <span>{t(match theme {
                                Theme::Auto => messages::appearance_auto(),
                                Theme::Light => messages::appearance_light(),
                                Theme::Dark => messages::appearance_dark(),
                            })}</span>
                        </label>
                    })}
                </div>
            </fieldset>
            <fieldset data-testid="device-choice">
                <legend>{t(messages::compute_on())}</legend>
                <div class="segments">
                    {Choice::ALL.map(|choice| view! {
                        <label class="segment">
                            <input
                                type="radio"
                                name="device"
                                value=choice.key()
                                prop:checked=move || host.choice.get() == choice
                                on:change=move |_| state.choose_device(choice)
                                data-testid=format!("device-{}", choice.key())
                            />
                            <span>{t(match choice {
                                Choice::Auto => messages::compute_on_auto(),
                                Choice::Gpu => messages::compute_on_gpu(),
                                Choice::Cpu => messages::compute_on_cpu(),
                            })}</span>
                        </label>
                    })}
                </div>
                <p class="note" data-testid="device-hint">
                    {live(hint)}
                </p>
            </fieldset>
            <p class="note privacy">{t(messages::preferences_privacy())}</p>
        </div>
    }
}

/// The language, each by its own name; taken at once.
#[component]
fn LanguageField() -> impl IntoView {
    let locale = Locale::here();
    let is_chosen = move |language: Option<&'static Language>| locale.choice.get() == language;
    view! {
        <div class="field language">
            <label class="name" for="language">{t(messages::language())}</label>
            <select
                id="language"
                data-testid="language"
                on:change:target=move |event| locale.choose(Language::of_tag(&event.target().value()))
            >
                <option value="auto" prop:selected=move || is_chosen(None)>
                    {t(messages::language_auto())}
                </option>
                {Language::offered()
                    .map(|language| view! {
                        <option
                            value=language.tag
                            lang=language.tag
                            dir=language.direction.html()
                            prop:selected=move || is_chosen(Some(language))
                        >
                            {language.name}
                        </option>
                    })
                    .collect_view()}
            </select>
            <p class="note" role="alert" data-testid="language-note">
                {live(move || locale.is_unavailable.get().then(messages::language_unavailable))}
            </p>
        </div>
    }
}
