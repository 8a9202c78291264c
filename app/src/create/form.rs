//! The panel's fields: what the person typed and chose, what is wrong with it, and the picture that
//! it asks for.

use image2_picture::Recipe;
use image2_protocol::{Estimate, Failure};
use leptos::prelude::*;

use crate::browser;
use crate::create::cost;
use crate::create::seed;
use crate::create::settings::Settings;
use crate::host::Host;
use crate::locales::{Message, messages};
use crate::recipe::choices::Choices;
use crate::recipe::limits::Limits;
use crate::recipe::{self, Wanted};

/// The panel's fields as the person edits them.
#[derive(Clone, Copy)]
pub struct Form {
    pub prompt: RwSignal<String>,
    choices: RwSignal<Choices>,
    pub limits: Memo<Limits>,
    /// The recommendation with the choices, within the limits: what every control shows.
    recipe: Memo<Recipe>,
    /// What the picture takes, or why the device refuses it; nothing while that is not known.
    pub cost: Memo<Option<Result<Estimate, Failure>>>,
    pub seed: RwSignal<String>,
    pub seed_locked: RwSignal<bool>,
    /// Whether faults are shown: from a request that was refused until they are mended.
    shows_faults: RwSignal<bool>,
    /// What is wrong with the prompt.
    pub prompt_fault: Memo<Option<Message>>,
    /// What is wrong with the seed.
    pub seed_fault: Memo<Option<Message>>,
}

impl Form {
    pub fn new(settings: Settings, host: Host) -> Self {
        let limits = host.view(|session| session.limits.clone());
        let choices = RwSignal::new(settings.choices);
        let prompt = RwSignal::new(settings.prompt);
        let seed = RwSignal::new(settings.seed);
        let seed_locked = RwSignal::new(settings.seed_locked);
        let shows_faults = RwSignal::new(false);
        let prompt_fault = Memo::new(move |_| {
            let is_blank = prompt.with(|prompt| prompt.trim().is_empty());
            (shows_faults.get() && is_blank).then(messages::prompt_missing)
        });
        let seed_fault = Memo::new(move |_| {
            let fault = seed.with(|seed| seed::parse(seed)).err();
            fault.filter(|_| shows_faults.get() && seed_locked.get())
        });
        // Mending the faults ends it, whatever mended them; new faults show at the next request.
        Effect::new(move |_| {
            if prompt_fault.get().is_none() && seed_fault.get().is_none() {
                shows_faults.set(false);
            }
        });
        let recipe = Memo::new(move |_| {
            limits.with(|limits| recipe::fit(choices.get().over(&limits.recommended), limits))
        });
        Self {
            prompt,
            choices,
            limits,
            recipe,
            cost: cost::watch(recipe, host),
            seed,
            seed_locked,
            shows_faults,
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
    pub fn settings(self) -> Settings {
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
            self.shows_faults.set(true);
            browser::focus("prompt");
            return None;
        }
        if self
            .cost
            .with_untracked(|cost| matches!(cost, Some(Err(_))))
        {
            browser::focus_first(&["size", "width"]);
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
                self.shows_faults.set(true);
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
