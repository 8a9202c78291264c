//! The languages that the interface is made for. One is offered where the build found its file.

use crate::browser;

/// Which way a language is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    LeftToRight,
    RightToLeft,
}

impl Direction {
    /// The value of HTML's `dir`.
    pub fn html(self) -> &'static str {
        match self {
            Self::LeftToRight => "ltr",
            Self::RightToLeft => "rtl",
        }
    }
}

/// A language of the interface.
#[derive(Debug, PartialEq, Eq)]
pub struct Language {
    /// BCP 47.
    pub tag: &'static str,
    /// Its name in itself.
    pub name: &'static str,
    pub direction: Direction,
}

/// English, which the page always has.
pub static ENGLISH: &Language = &LANGUAGES[0];

/// All, in the order shown.
pub static LANGUAGES: [Language; 10] = [
    language("en", "English"),
    language("de", "Deutsch"),
    language("es", "Español"),
    language("fr", "Français"),
    language("it", "Italiano"),
    language("pt", "Português"),
    language("zh", "中文"),
    language("ja", "日本語"),
    language("ko", "한국어"),
    Language {
        direction: Direction::RightToLeft,
        ..language("ar", "العربية")
    },
];

const fn language(tag: &'static str, name: &'static str) -> Language {
    Language {
        tag,
        name,
        direction: Direction::LeftToRight,
    }
}

impl Language {
    /// The language with this tag.
    pub fn of_tag(tag: &str) -> Option<&'static Self> {
        LANGUAGES.iter().find(|language| language.tag == tag)
    }

    /// The address of its file, which the build writes into the page; nothing for English, and for
    /// a language that this build does not have.
    pub fn file(&self) -> Option<String> {
        browser::meta(&format!("image2-language-{}", self.tag))
    }

    /// Those of this build.
    pub fn offered() -> impl Iterator<Item = &'static Self> {
        let is_offered = |language: &&Self| *language == ENGLISH || language.file().is_some();
        LANGUAGES.iter().filter(is_offered)
    }
}
