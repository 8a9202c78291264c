//! Light, dark, or as the system has it: chosen in the preferences, stored on this device.

use leptos::prelude::*;

use crate::browser;

/// Also read by `theme.js`, before the first paint.
const STORED: &str = "image2.theme";

/// A theme.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// The system's.
    #[default]
    Auto,
    Light,
    Dark,
}

impl Theme {
    /// All, in the order shown.
    pub const ALL: [Self; 3] = [Self::Auto, Self::Light, Self::Dark];

    /// As stored.
    pub fn key(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// The stored theme as a signal; a change of it is shown and stored.
    pub fn signal() -> RwSignal<Self> {
        let stored = browser::stored(STORED).unwrap_or_default();
        let known = Self::ALL.into_iter().find(|theme| theme.key() == stored);
        let theme = RwSignal::new(known.unwrap_or_default());
        Effect::new(move |_| {
            let theme = theme.get();
            browser::store(STORED, theme.key());
            browser::mark_root("data-theme", (theme != Self::Auto).then_some(theme.key()));
        });
        theme
    }
}
