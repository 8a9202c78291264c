//! The page's state, made once at the root. Children get the narrowest signal that serves them.

use image2_picture::Recipe;
use image2_protocol::{Failure, Remedy};
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::browser;
use crate::create::seed;
use crate::create::settings::Settings;
use crate::host::Engine;
use crate::host::device::Choice;
use crate::library::address::Refused;
use crate::library::gallery::Gallery;
use crate::locales::{Message, messages};
use crate::recipe::choices::Choices;
use crate::recipe::limits::Limits;
use crate::recipe::{self, Wanted};
use crate::shell::theme::Theme;
use crate::shell::{announcements, leaving, version};
use crate::storage::handover::Unavailable;

const SETTINGS: &str = "image2.settings";
const DEVICE: &str = "image2.device";
const EMBED: &str = "image2.embed";

/// The panel's fields as the person edits them.
#[derive(Clone, Copy)]
pub struct Draft {
    pub prompt: RwSignal<String>,
    choices: RwSignal<Choices>,
    pub limits: Memo<Limits>,
    /// The recommendation with the choices, within the limits: what every control shows.
    recipe: Memo<Recipe>,
    pub seed: RwSignal<String>,
    pub seed_locked: RwSignal<bool>,
    /// A picture was asked for in vain: what is wrong is said, until it no longer is.
    complains: RwSignal<bool>,
    /// What is wrong with the prompt.
    pub prompt_fault: Memo<Option<Message>>,
    /// What is wrong with the seed.
    pub seed_fault: Memo<Option<Message>>,
}

impl Draft {
    fn new(settings: Settings, limits: Memo<Limits>) -> Self {
        let choices = RwSignal::new(settings.choices);
        let prompt = RwSignal::new(settings.prompt);
        let seed = RwSignal::new(settings.seed);
        let seed_locked = RwSignal::new(settings.seed_locked);
        let complains = RwSignal::new(false);
        let prompt_fault = Memo::new(move |_| {
            let is_blank = prompt.with(|prompt| prompt.trim().is_empty());
            (complains.get() && is_blank).then(messages::prompt_missing)
        });
        let seed_fault = Memo::new(move |_| {
            let fault = seed.with(|seed| seed::parse(seed)).err();
            fault.filter(|_| complains.get() && seed_locked.get())
        });
        // A complaint goes with its cause, whoever removed that, and does not come back by itself.
        Effect::new(move |_| {
            if prompt_fault.get().is_none() && seed_fault.get().is_none() {
                complains.set(false);
            }
        });
        Self {
            prompt,
            choices,
            limits,
            recipe: Memo::new(move |_| {
                limits.with(|limits| recipe::fit(choices.get().over(&limits.recommended), limits))
            }),
            seed,
            seed_locked,
            complains,
            prompt_fault,
            seed_fault,
        }
    }

    /// One setting of the recipe.
    pub fn setting<T>(self, read: impl Fn(&Recipe) -> T + Send + Sync + 'static) -> Memo<T>
    where
        T: PartialEq + Send + Sync + 'static,
    {
        Memo::new(move |_| self.recipe.with(&read))
    }

    /// Changes settings; `change` gets the model's limits too.
    pub fn choose(self, change: impl FnOnce(&mut Recipe, &Limits)) {
        self.limits.with_untracked(|limits| {
            self.choices.update(|choices| {
                choices.change(&limits.recommended, |recipe| change(recipe, limits));
            });
        });
    }

    /// Whether any setting differs from the recommendation, tracked.
    pub fn has_choices(self) -> bool {
        self.choices.with(|choices| !choices.is_empty())
    }

    /// All of it, tracked.
    fn settings(self) -> Settings {
        Settings {
            prompt: self.prompt.get(),
            choices: self.choices.get(),
            seed: self.seed.get(),
            seed_locked: self.seed_locked.get(),
        }
    }

    /// A new seed where it is not locked.
    pub fn roll(self) {
        if let Some(bytes) = browser::random_bytes() {
            self.seed.set(seed::from_bytes(bytes).to_string());
        }
    }

    /// The picture that is asked for. `None` if a field is not filled in properly: it then shows
    /// why and has the focus.
    pub fn wanted(self) -> Option<Wanted> {
        if self
            .prompt
            .with_untracked(|prompt| prompt.trim().is_empty())
        {
            self.complains.set(true);
            browser::focus("prompt");
            return None;
        }
        if !self.seed_locked.get_untracked() {
            self.roll();
        }
        match self.seed.with_untracked(|seed| seed::parse(seed)) {
            Ok(seed) => Some(Wanted {
                prompt: self.prompt.get_untracked(),
                seed,
                choices: self.choices.get_untracked(),
            }),
            Err(_) => {
                self.complains.set(true);
                browser::focus("seed");
                None
            }
        }
    }

    /// Takes over a whole recipe; the seed is locked, so that the same picture comes out.
    pub fn reuse(self, recipe: &Recipe) {
        self.prompt.set(recipe.prompt.clone());
        self.choose(|chosen, _| chosen.clone_from(recipe));
        self.seed.set(recipe.seed.to_string());
        self.seed_locked.set(true);
    }

    /// Back to what the model recommends; prompt and seed stay.
    pub fn recommend(self) {
        self.choices.set(Choices::default());
    }
}

/// Everything.
#[derive(Clone, Copy)]
pub struct State {
    pub draft: Draft,
    pub engine: Engine,
    pub gallery: Gallery,
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
        let engine = Engine::new(choice, keep);
        let settings = browser::stored(SETTINGS).unwrap_or_default();
        let limits = engine.view(|session| session.limits.clone());
        let draft = Draft::new(Settings::from_text(&settings), limits);
        let status = RwSignal::new(None);
        announcements::watch(engine, status);
        version::watch(engine);
        leaving::guard(gallery);
        spawn_local(gallery.take_over());
        Effect::new(move |_| {
            if engine.reload_wanted.get() {
                engine.reload_wanted.set(false);
                spawn_local(reload(engine, gallery));
            }
        });
        let state = Self {
            draft,
            engine,
            gallery,
            theme: Theme::signal(),
            embed: RwSignal::new(browser::stored(EMBED).as_deref() == Some("yes")),
            status,
        };
        Effect::new(move |_| browser::store(SETTINGS, &draft.settings().to_text()));
        Effect::new(move |_| {
            browser::store(EMBED, if state.embed.get() { "yes" } else { "no" });
        });
        state
    }

    /// Asks for the picture that the panel describes. While one is made nothing changes, not even
    /// the seed on show, which belongs to that picture.
    pub fn generate(self) {
        if self.engine.is_busy() {
            return;
        }
        browser::settle_focused_field();
        if let Some(wanted) = self.draft.wanted() {
            self.engine.generate(wanted);
        }
    }

    /// Moves to another device and remembers it.
    pub fn choose_device(self, choice: Choice) {
        browser::store(DEVICE, choice.key());
        self.engine.change_device(choice);
    }
}

/// Loads the page again with its pictures; where they cannot be kept, it stays.
async fn reload(engine: Engine, gallery: Gallery) {
    match gallery.hand_over().await {
        Ok(()) => browser::reload(),
        Err(Unavailable) => {
            engine.on_broken(Failure::new("page.not_reloaded", Remedy::ChangeRequest));
        }
    }
}
