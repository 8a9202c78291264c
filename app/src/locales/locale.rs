//! The language in use. State of the root: a view takes it from the context, and its text changes
//! with it, without a reload.

use std::rc::Rc;

use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::Response;

use super::catalogue::Catalogue;
use super::languages::{ENGLISH, Language};
use super::message::Message;
use super::rules::BrowserRules;
use crate::browser;

/// Also read by `boot.js`.
const STORED: &str = "image2.language";
/// The attribute of the root element with the language that the browser prefers of those that this
/// build has. `boot.js` decides it, because it shows sentences of its own before the wasm runs.
const PREFERRED: &str = "data-preferred-language";

/// Handles to the language in use; copied freely.
#[derive(Clone, Copy)]
pub struct Locale {
    /// What the user chose; nothing leaves it to the browser.
    pub choice: RwSignal<Option<&'static Language>>,
    /// The chosen language's file could not be had.
    pub is_unavailable: RwSignal<bool>,
    catalogue: RwSignal<Rc<Catalogue>, LocalStorage>,
    english: StoredValue<Rc<Catalogue>, LocalStorage>,
}

impl Locale {
    /// Reads what is stored and fetches the language.
    pub async fn load() -> Self {
        let stored = browser::stored(STORED).and_then(|tag| Language::of_tag(&tag));
        let choice = stored.filter(|language| Language::offered().any(|known| known == *language));
        let english = Rc::new(english());
        let locale = Self {
            choice: RwSignal::new(choice),
            is_unavailable: RwSignal::new(false),
            catalogue: RwSignal::new_local(english.clone()),
            english: StoredValue::new_local(english),
        };
        locale.use_language(choice.unwrap_or_else(preferred)).await;
        locale
    }

    /// The locale of the component, or of whatever else runs below the root.
    pub fn here() -> Self {
        expect_context()
    }

    /// The message in the language in use; tracked.
    pub fn text(self, message: &Message) -> String {
        self.catalogue.with(|catalogue| catalogue.text(message))
    }

    /// Takes another language and remembers it; nothing leaves it to the browser.
    pub fn choose(self, choice: Option<&'static Language>) {
        browser::store(STORED, choice.map_or("auto", |language| language.tag));
        self.choice.set(choice);
        spawn_local(self.use_language(choice.unwrap_or_else(preferred)));
    }

    async fn use_language(self, language: &'static Language) {
        let english = self.english.get_value();
        let catalogue = match language.file() {
            _ if language == ENGLISH => Some(english),
            Some(file) => fetch(language, &file, english).await,
            None => None,
        };
        self.is_unavailable.set(catalogue.is_none());
        let chosen = self.choice.get_untracked().unwrap_or_else(preferred);
        // Another one may have been chosen while this one was on its way.
        if let Some(catalogue) = catalogue.filter(|_| chosen == language) {
            self.catalogue.set(catalogue);
        }
        let language = self
            .catalogue
            .with_untracked(|catalogue| catalogue.language());
        browser::mark_root("lang", Some(language.tag));
        browser::mark_root("dir", Some(language.direction.html()));
    }
}

/// The text of a message, which changes with the language. One type for every text, because Leptos
/// compiles the code around each type of view anew.
pub fn t(message: Message) -> Signal<String> {
    let locale = Locale::here();
    Signal::derive(move || locale.text(&message))
}

/// The text of a message that changes by itself, too; empty where there is none.
pub fn live<M>(message: impl Fn() -> M + Send + Sync + 'static) -> Signal<String>
where
    M: Into<Option<Message>>,
{
    let locale = Locale::here();
    Signal::derive(move || {
        let message = message().into();
        message.map_or_else(String::new, |message| locale.text(&message))
    })
}

/// The language that the browser prefers.
fn preferred() -> &'static Language {
    let tag = browser::root_attribute(PREFERRED).unwrap_or_default();
    Language::of_tag(&tag).unwrap_or(ENGLISH)
}

/// English comes with the page: it is there when nothing else can be had.
fn english() -> Catalogue {
    let rules = Box::new(BrowserRules::new(ENGLISH.tag));
    Catalogue::new(ENGLISH, include_str!("en.ftl"), None, rules)
        .expect("the build script has read this file")
}

async fn fetch(
    language: &'static Language,
    file: &str,
    english: Rc<Catalogue>,
) -> Option<Rc<Catalogue>> {
    let text = download(file).await;
    let rules = Box::new(BrowserRules::new(language.tag));
    let catalogue = text.and_then(|text| Catalogue::new(language, &text, Some(english), rules));
    catalogue
        .map(Rc::new)
        .inspect_err(|fault| browser::log(&format!("language {}: {fault}", language.tag)))
        .ok()
}

async fn download(file: &str) -> Result<String, String> {
    let fault = |error| format!("{error:?}");
    let window = web_sys::window().ok_or("no window")?;
    let response = JsFuture::from(window.fetch_with_str(file))
        .await
        .map_err(fault)?;
    let response: Response = response.dyn_into().map_err(fault)?;
    if !response.ok() {
        return Err(format!("HTTP status {}", response.status()));
    }
    let text = JsFuture::from(response.text().map_err(fault)?)
        .await
        .map_err(fault)?;
    text.as_string().ok_or_else(|| "no text".into())
}
