//! The page's state, made once at the root. Children get the narrowest signal that serves them.

use leptos::prelude::*;

use crate::browser;
use crate::create::seed;
use crate::create::settings::{Limits, Settings, Wanted};
use crate::host::Engine;
use crate::host::device::Choice;
use crate::library::picture::Made;
use crate::locales::{Message, messages};
use crate::shell::theme::Theme;

const SETTINGS: &str = "image2.settings";
const DEVICE: &str = "image2.device";
const EMBED: &str = "image2.embed";

/// The settings as the user edits them; a `None` follows the model.
#[derive(Clone, Copy)]
pub struct Draft {
    pub prompt: RwSignal<String>,
    pub width: RwSignal<Option<u32>>,
    pub height: RwSignal<Option<u32>>,
    pub steps: RwSignal<Option<u32>>,
    pub guidance: RwSignal<Option<f32>>,
    pub seed: RwSignal<String>,
    pub seed_locked: RwSignal<bool>,
    /// What is wrong with the prompt or the seed, said when a picture was asked for.
    pub prompt_fault: RwSignal<Option<Message>>,
    pub seed_fault: RwSignal<Option<Message>>,
}

impl Draft {
    fn new(settings: Settings) -> Self {
        Self {
            prompt: RwSignal::new(settings.prompt),
            width: RwSignal::new(settings.width),
            height: RwSignal::new(settings.height),
            steps: RwSignal::new(settings.steps),
            guidance: RwSignal::new(settings.guidance),
            seed: RwSignal::new(settings.seed),
            seed_locked: RwSignal::new(settings.seed_locked),
            prompt_fault: RwSignal::new(None),
            seed_fault: RwSignal::new(None),
        }
    }

    /// All of it, tracked.
    fn settings(self) -> Settings {
        Settings {
            prompt: self.prompt.get(),
            width: self.width.get(),
            height: self.height.get(),
            steps: self.steps.get(),
            guidance: self.guidance.get(),
            seed: self.seed.get(),
            seed_locked: self.seed_locked.get(),
        }
    }

    /// A new seed where it is not locked.
    pub fn roll(self) {
        if let Some(bytes) = browser::random_bytes() {
            self.seed.set(seed::from_bytes(bytes).to_string());
            self.seed_fault.set(None);
        }
    }

    /// The picture asked for, or nothing where a field needs another word; then it is told and
    /// has the focus.
    pub fn wanted(self) -> Option<Wanted> {
        if self
            .prompt
            .with_untracked(|prompt| prompt.trim().is_empty())
        {
            self.prompt_fault.set(Some(messages::prompt_missing()));
            browser::focus("prompt");
            return None;
        }
        if !self.seed_locked.get_untracked() {
            self.roll();
        }
        match self.seed.with_untracked(|seed| seed::parse(seed)) {
            Ok(seed) => Some(Wanted {
                settings: untrack(|| self.settings()),
                seed,
            }),
            Err(fault) => {
                self.seed_fault.set(Some(fault));
                browser::focus("seed");
                None
            }
        }
    }

    /// Takes over everything that made a picture; the seed is locked, so that the same comes out.
    pub fn reuse(self, made: &Made) {
        let job = &made.job;
        self.prompt.set(job.prompt.clone());
        self.width.set(Some(job.width));
        self.height.set(Some(job.height));
        self.steps.set(Some(job.steps));
        self.guidance.set(Some(job.guidance));
        self.seed.set(job.seed.to_string());
        self.seed_locked.set(true);
        self.prompt_fault.set(None);
        self.seed_fault.set(None);
    }

    /// Back to what the model recommends; prompt and seed stay.
    pub fn recommend(self) {
        self.width.set(None);
        self.height.set(None);
        self.steps.set(None);
        self.guidance.set(None);
    }
}

/// Everything.
#[derive(Clone, Copy)]
pub struct State {
    pub draft: Draft,
    pub engine: Engine,
    pub limits: Memo<Limits>,
    pub theme: RwSignal<Theme>,
    /// Whether the prompt and the settings go into the file.
    pub embed: RwSignal<bool>,
}

impl State {
    /// Reads what is stored on this device and keeps it up to date.
    pub fn new() -> Self {
        let settings = browser::stored(SETTINGS).unwrap_or_default();
        let draft = Draft::new(Settings::from_text(&settings));
        // The address decides for tests and for helping somebody; it is not remembered.
        let choice = browser::query("device")
            .or_else(|| browser::stored(DEVICE))
            .and_then(|key| Choice::from_key(&key))
            .unwrap_or_default();
        let engine = Engine::new(choice);
        let state = Self {
            draft,
            engine,
            limits: engine.view(|session| session.limits.clone()),
            theme: Theme::signal(),
            embed: RwSignal::new(browser::stored(EMBED).as_deref() == Some("yes")),
        };
        Effect::new(move |_| browser::store(SETTINGS, &draft.settings().to_text()));
        Effect::new(move |_| {
            browser::store(EMBED, if state.embed.get() { "yes" } else { "no" });
        });
        state
    }

    /// Asks for the picture that the panel describes.
    pub fn generate(self) {
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
