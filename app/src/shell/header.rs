//! The top line: the name of the product, where it computes, and the way to the preferences.

use image2_protocol::DeviceInfo;
use leptos::prelude::*;

use crate::browser;
use crate::host::Host;
use crate::host::device::Path;
use crate::locales::{Message, live, messages, t};
use crate::shell::icons::{Icon, SLIDERS};
use crate::wording;

/// The top line.
#[component]
pub fn Header(host: Host) -> impl IntoView {
    view! {
        <header class="top">
            // Not by the fragment alone, which the router takes for a place to scroll to.
            <a
                class="skip"
                href="#main"
                on:click=|event| {
                    event.prevent_default();
                    browser::focus_first(&["prompt", "main"]);
                }
            >
                {t(messages::skip_link())}
            </a>
            <h1 class="brand">
                <svg class="mark" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
                    <rect class="mark-ground" width="32" height="32" rx="8"></rect>
                    <circle class="mark-sun" cx="8" cy="9.2" r="2.6"></circle>
                    <path class="mark-two" d="M14.8 11.7a4.75 4.75 0 0 1 9.5 0c0 4-5.5 6.5-12.5 12h13.5"></path>
                </svg>
                {t(messages::app_title())}
            </h1>
            <p class="device" data-testid="device">{live(move || computes_on(host))}</p>
            <button
                class="quiet square"
                type="button"
                popovertarget="preferences"
                aria-label=t(messages::preferences())
                title=t(messages::preferences())
                data-testid="settings"
            >
                <Icon path=SLIDERS/>
            </button>
        </header>
    }
}

/// Where it computes.
pub fn computes_on(host: Host) -> Message {
    match (host.device.get(), host.path.get()) {
        (Some(DeviceInfo::Gpu { adapter }), _) if adapter.trim().is_empty() => {
            messages::device_gpu()
        }
        (Some(DeviceInfo::Gpu { adapter }), _) => messages::device_gpu_named(adapter),
        (Some(DeviceInfo::Cpu), Some(Path::Cpu(why))) => {
            messages::device_cpu_because(wording::reason(why))
        }
        (Some(DeviceInfo::Cpu), _) => messages::device_cpu(),
        (None, Some(Path::Gpu)) => messages::device_starting_gpu(),
        (None, Some(Path::Cpu(_))) => messages::device_starting_cpu(),
        (None, None) => messages::device_searching(),
    }
}
