//! The root of the interface: the state, which outlives every screen, and the frame around them.

use leptos::prelude::*;
use leptos_router::components::{FlatRoutes, Route, Router};
use leptos_router::path;

use crate::browser;
use crate::create::Create;
use crate::create::state::State;
use crate::host::Host;
use crate::host::session::Run;
use crate::locales::{Locale, Message, live, messages};
use crate::shell::header::Header;
use crate::shell::keys::Keys;
use crate::shell::not_found::NotFound;
use crate::shell::preferences::Preferences;

/// Header, screens, and the one live region.
#[component]
pub fn App(locale: Locale) -> impl IntoView {
    provide_context(locale);
    let state = State::new();
    let host = state.host;
    name_tab(host, locale);
    view! {
        <Router>
            <Keys state=state/>
            <Header host=host/>
            <Preferences state=state/>
            <FlatRoutes fallback=NotFound>
                <Route path=path!("/") view=move || view! { <Create state=state/> }/>
            </FlatRoutes>
            <p class="unseen" role="status" aria-live="polite" data-testid="status">
                {live(move || state.status.get())}
            </p>
        </Router>
    }
}

/// The tab says how far a picture is, for those who look at another one meanwhile.
fn name_tab(host: Host, locale: Locale) {
    let title = host.view(|session| match &session.run {
        Run::Active(active) if active.progress.percent() > 0 => {
            messages::app_title_progress(active.progress.percent())
        }
        Run::Idle => messages::app_title(),
        _ => messages::app_title_busy(),
    });
    Effect::new(move |_| browser::title(&title.with(|title: &Message| locale.text(title))));
}
