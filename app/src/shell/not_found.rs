//! The screen for unknown addresses, with a link back.

use leptos::prelude::*;
use leptos_router::components::A;

use crate::locales::{messages, t};

/// The screen of an unknown address.
#[component]
pub fn NotFound() -> impl IntoView {
    view! {
        <main id="main" class="not-found" tabindex="-1" data-testid="not-found">
            <div class="empty">
                <h2>{t(messages::not_found_title())}</h2>
                <p>{t(messages::not_found())}</p>
                <p><A href="/" attr:data-testid="not-found-back">{t(messages::not_found_back())}</A></p>
            </div>
        </main>
    }
}
