//! The top line: the name of the product, where it computes, and the way to the preferences.

use image2_protocol::DeviceInfo;
use leptos::prelude::*;

use crate::host::Engine;
use crate::host::device::Path;
use crate::shell::icons::{Icon, SLIDERS};

/// The top line.
#[component]
pub fn Header(engine: Engine) -> impl IntoView {
    view! {
        <header class="top">
            <a class="skip" href="#prompt">"Skip to the prompt"</a>
            <h1 class="brand">
                <svg class="mark" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
                    <rect class="mark-ground" width="32" height="32" rx="8"></rect>
                    <circle class="mark-sun" cx="8" cy="9.2" r="2.6"></circle>
                    <path class="mark-two" d="M14.8 11.7a4.75 4.75 0 0 1 9.5 0c0 4-5.5 6.5-12.5 12h13.5"></path>
                </svg>
                "Image 2"
            </h1>
            <p class="device" data-testid="device">{move || words(engine)}</p>
            <button
                class="quiet square"
                type="button"
                popovertarget="preferences"
                aria-label="Preferences"
                title="Preferences"
                data-testid="settings"
            >
                <Icon path=SLIDERS/>
            </button>
        </header>
    }
}

/// Where it computes, plainly.
pub fn words(engine: Engine) -> String {
    match (engine.device.get(), engine.path.get()) {
        (Some(DeviceInfo::Gpu { adapter }), _) if adapter.trim().is_empty() => {
            "Computing on your GPU".into()
        }
        (Some(DeviceInfo::Gpu { adapter }), _) => format!("Computing on your GPU ({adapter})"),
        (Some(DeviceInfo::Cpu), Some(Path::Cpu(why))) => {
            format!("Computing on the processor: {}", why.short())
        }
        (Some(DeviceInfo::Cpu), _) => "Computing on the processor".into(),
        (None, Some(Path::Gpu)) => "Starting on your GPU…".into(),
        (None, Some(Path::Cpu(_))) => "Starting on the processor…".into(),
        (None, None) => "Looking for a GPU…".into(),
    }
}
