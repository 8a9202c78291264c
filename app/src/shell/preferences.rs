//! What is chosen once: the theme and the device. A popover of the browser's own: Escape and a
//! press outside close it, and the focus goes back by itself.

use leptos::{ev, prelude::*};

use crate::browser;
use crate::create::state::{State, Theme};
use crate::host::device::{Choice, Path};
use crate::shell::icons::{CLOSE, Icon};

/// The popover behind the button in the top line.
#[component]
pub fn Preferences(state: State) -> impl IntoView {
    let engine = state.engine;
    let hint = move || match engine.path.get() {
        Some(Path::Cpu(why)) => why.words(),
        Some(Path::Gpu) => "Pictures are computed by your graphics processor.",
        None => "",
    };
    let leave = window_event_listener(ev::focusin, |event| browser::close_popover_on_leave(&event));
    on_cleanup(move || leave.remove());
    view! {
        <div id="preferences" class="preferences" popover="auto" role="dialog" aria-label="Preferences" data-testid="settings-panel">
            <div class="preferences-head">
                <h2>"Preferences"</h2>
                <button class="quiet square" type="button" popovertarget="preferences" popovertargetaction="hide" aria-label="Close">
                    <Icon path=CLOSE/>
                </button>
            </div>
            <fieldset data-testid="theme">
                <legend>"Appearance"</legend>
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
                            <span>{match theme {
                                Theme::Auto => "Auto",
                                Theme::Light => "Light",
                                Theme::Dark => "Dark",
                            }}</span>
                        </label>
                    })}
                </div>
            </fieldset>
            <fieldset data-testid="device-choice">
                <legend>"Compute on"</legend>
                <div class="segments">
                    {Choice::ALL.map(|choice| view! {
                        <label class="segment">
                            <input
                                type="radio"
                                name="device"
                                value=choice.key()
                                prop:checked=move || engine.choice.get() == choice
                                on:change=move |_| state.choose_device(choice)
                                data-testid=format!("device-{}", choice.key())
                            />
                            <span>{match choice {
                                Choice::Auto => "Auto",
                                Choice::Gpu => "GPU",
                                Choice::Cpu => "Processor",
                            }}</span>
                        </label>
                    })}
                </div>
                <p class="note" data-testid="device-hint">{hint}</p>
            </fieldset>
            <p class="note privacy">
                "Prompts, settings and pictures stay on this device. Nothing is sent anywhere, there \
                 is no account, and there is no limit."
            </p>
        </div>
    }
}
