//! The page's state, made once at the root. Children receive the narrowest signal that they need.

use image2_protocol::{Failure, Remedy};
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::browser;
use crate::create::form::Form;
use crate::create::ground::Ground;
use crate::create::scene::OnStage;
use crate::create::settings::Settings;
use crate::host::Host;
use crate::host::device::Choice;
use crate::library::address::Refused;
use crate::library::gallery::Gallery;
use crate::locales::Message;
use crate::shell::theme::Theme;
use crate::shell::{announcements, leaving, version};
use crate::storage::handover::Unavailable;

const SETTINGS: &str = "image2.settings";
const DEVICE: &str = "image2.device";
const EMBED: &str = "image2.embed";

/// Everything.
#[derive(Clone, Copy)]
pub struct State {
    pub form: Form,
    pub host: Host,
    pub gallery: Gallery,
    pub stage: OnStage,
    pub ground: Ground,
    pub theme: RwSignal<Theme>,
    /// Whether the prompt and the settings go into the file.
    pub embed: RwSignal<bool>,
    /// The latest announcement for screen readers.
    pub status: RwSignal<Option<Message>>,
}

impl State {
    /// Reads what is stored on this device and keeps it up to date.
    pub fn new() -> Self {
        // The address decides for tests and for helping somebody; it is not remembered.
        let choice = browser::query("device")
            .or_else(|| browser::stored(DEVICE))
            .and_then(|key| Choice::from_key(&key))
            .unwrap_or_default();
        let gallery = Gallery::new();
        let keep = Callback::new(move |finished| {
            let not_kept = |Refused| Failure::new("picture.not_kept", Remedy::Restart);
            gallery.keep(finished).map_err(not_kept)
        });
        let host = Host::new(choice, keep);
        let settings = browser::stored(SETTINGS).unwrap_or_default();
        let form = Form::new(Settings::from_text(&settings), host);
        let status = RwSignal::new(None);
        announcements::watch(host, status);
        version::watch(host);
        leaving::guard(gallery);
        spawn_local(gallery.take_over());
        Effect::new(move |_| {
            if host.reload_wanted.get() {
                host.reload_wanted.set(false);
                spawn_local(reload(host, gallery));
            }
        });
        let stage = OnStage::new(host, gallery);
        let state = Self {
            form,
            host,
            gallery,
            stage,
            ground: Ground::new(form, host, stage),
            theme: Theme::signal(),
            embed: RwSignal::new(browser::stored(EMBED).as_deref() == Some("yes")),
            status,
        };
        Effect::new(move |_| browser::store(SETTINGS, &form.settings().to_text()));
        Effect::new(move |_| {
            browser::store(EMBED, if state.embed.get() { "yes" } else { "no" });
        });
        state
    }

    /// Asks for the picture that the panel describes. While one is made nothing changes, not even
    /// the seed on show, which belongs to that picture.
    pub fn generate(self) {
        if self.host.is_busy() {
            return;
        }
        browser::settle_focused_field();
        self.ground.take_over();
        if let Some(wanted) = self.form.wanted() {
            self.host.generate(wanted);
        }
    }

    /// Moves to another device and remembers it.
    pub fn choose_device(self, choice: Choice) {
        browser::store(DEVICE, choice.key());
        self.host.change_device(choice);
    }
}

/// Loads the page again with its pictures; where they cannot be kept, it stays.
async fn reload(host: Host, gallery: Gallery) {
    match gallery.hand_over().await {
        Ok(()) => browser::reload(),
        Err(Unavailable) => {
            host.on_broken(Failure::new("page.not_reloaded", Remedy::ChangeRequest));
        }
    }
}
