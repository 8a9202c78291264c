//! Every sentence that the page shows, in every language.
//!
//! A sentence stands in `en.ftl` under a key, and in each other language's file under the same
//! one. What decides (the session, the wording of amounts) returns a [`Message`]: a key with
//! arguments. A view turns it into text by [`t`] or [`live`], in the language in use.
//!
//! The build fails for a key that a language lacks or has in excess, for an argument or a plural
//! form that does not fit (`check.rs`), for a key that the code names and English lacks (it is a
//! function of [`messages`]), and for one that the code never uses (`dead_code`).
//!
//! English is part of the page. Any other language is a file of its own, named by its content,
//! fetched from the page's own server when the page opens or the language is chosen, and never for
//! any other reason.

mod catalogue;
#[cfg(test)]
mod check;
mod coded;
mod languages;
mod locale;
mod message;
mod pattern;
mod rules;

pub use languages::Language;
pub use locale::{Locale, live, t};
pub use message::{Message, Value};

/// A function for each key of `en.ftl`, with its arguments in alphabetical order.
#[deny(
    dead_code,
    reason = "a sentence that nothing shows is not translated ten times"
)]
pub mod messages {
    use super::{Message, Value};

    include!(concat!(env!("OUT_DIR"), "/messages.rs"));
}

/// A language's sentences with rules that need no browser.
#[cfg(test)]
pub fn test_catalogue(tag: &str) -> catalogue::Catalogue {
    let (file, rules) = match tag {
        "de" => (include_str!("de.ftl"), rules::TestRules::German),
        _ => (include_str!("en.ftl"), rules::TestRules::English),
    };
    let language = Language::of_tag(tag).expect("known");
    catalogue::Catalogue::new(language, file, None, Box::new(rules)).expect("parses")
}
