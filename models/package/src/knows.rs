//! What a model knows: the words that it draws, its looks, and the tasks that it was trained for.
//!
//! The manifest holds what is small and needed before a model is chosen ([`Knows`]). The names of
//! things are a file of their own ([`Vocabulary`]), so that a program that only draws need not
//! fetch them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::fault::{Measured, VocabularyFault, shorten};
use crate::limits::is_line;
use crate::{PackageError, bounded, limits};

/// What a model knows, as its manifest says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Knows {
    /// The listed file with the names of things that the model draws: see [`Vocabulary`].
    pub vocabulary: Option<String>,
    /// The looks that it distinguishes, by the words that ask for them. The first is the default.
    pub looks: Vec<String>,
    /// The colours that it binds to things.
    pub colours: Vec<String>,
    /// Whether it draws whole scenes; otherwise one thing at a time.
    pub scenes: bool,
    /// Whether it draws the background that a prompt names; otherwise pictures have none.
    pub grounds: bool,
    /// Whether it completes a picture that is known in part, by a mask.
    pub masks: bool,
    /// Whether it follows another picture of the same things.
    pub references: bool,
}

/// The names of the things that a model draws.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vocabulary {
    /// Canonical names.
    #[serde(deserialize_with = "bounded::list::<_, _, { limits::NAMES }>")]
    pub subjects: Vec<String>,
    /// Other words, each with the canonical name of the thing that it is drawn as.
    #[serde(deserialize_with = "bounded::map::<_, _, _, { limits::NAMES }>")]
    pub synonyms: BTreeMap<String, String>,
}

impl Vocabulary {
    /// Parses and validates the verified bytes of the file `file`.
    pub fn parse(file: &str, bytes: &[u8]) -> Result<Self, PackageError> {
        let (limit, actual) = (limits::VOCABULARY_BYTES, bytes.len() as u64);
        if actual > limit {
            let what = Measured::File {
                file: file.to_owned(),
            };
            return Err(PackageError::TooLarge {
                what,
                limit,
                actual,
            });
        }
        let read = || {
            let vocabulary: Self = serde_json::from_slice(bytes).map_err(|error| {
                let reason = shorten(&error.to_string());
                VocabularyFault::Json { reason }
            })?;
            vocabulary.validate()?;
            Ok(vocabulary)
        };
        read().map_err(|fault| PackageError::Vocabulary {
            file: file.to_owned(),
            fault,
        })
    }

    fn validate(&self) -> Result<(), VocabularyFault> {
        for name in self.subjects.iter().chain(self.synonyms.keys()) {
            if !is_line(name) {
                let name = shorten(name);
                return Err(VocabularyFault::Name { name });
            }
        }
        let mut sorted: Vec<&str> = self.subjects.iter().map(String::as_str).collect();
        sorted.sort_unstable();
        if let Some(twice) = sorted.windows(2).find(|pair| pair[0] == pair[1]) {
            let name = shorten(twice[0]);
            return Err(VocabularyFault::Repeated { name });
        }
        let known = |name: &str| sorted.binary_search(&name).is_ok();
        for (synonym, subject) in &self.synonyms {
            if known(synonym) {
                let name = shorten(synonym);
                return Err(VocabularyFault::Repeated { name });
            }
            if !known(subject) {
                let (synonym, subject) = (shorten(synonym), shorten(subject));
                return Err(VocabularyFault::Unknown { synonym, subject });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vocabulary_is_validated() {
        let parse = |text: &str| Vocabulary::parse("v.json", text.as_bytes());
        let valid = r#"{"subjects":["cat","fire engine"],"synonyms":{"fire truck":"fire engine"}}"#;
        let read = parse(valid).expect("a vocabulary");
        assert_eq!(read.subjects, ["cat", "fire engine"]);
        assert_eq!(read.synonyms["fire truck"], "fire engine");
        for (from, to, fault) in [
            ("\"cat\"", "\"\"", "name"),
            ("\"cat\"", "\"c\\u0007at\"", "name"),
            ("\"cat\"", "\"fire engine\"", "repeated"),
            ("\"fire truck\"", "\"cat\"", "repeated"),
            ("truck\":\"fire engine\"", "truck\":\"lorry\"", "unknown"),
            (
                "{\"fire truck\"",
                "{\"fire truck\":\"cat\",\"fire truck\"",
                "json",
            ),
            ("\"synonyms\"", "\"others\"", "json"),
            ("[\"cat\"", "[7,\"cat\"", "json"),
        ] {
            assert!(valid.contains(from), "{from}");
            let error = parse(&valid.replacen(from, to, 1)).expect_err(to);
            assert_eq!(error.code(), "package.vocabulary", "{to}: {error}");
            let arguments = error.arguments();
            assert_eq!(
                (&arguments["fault"], &arguments["file"]),
                (&fault.into(), &"v.json".into())
            );
        }
        let long = "x".repeat(limits::VOCABULARY_BYTES as usize + 1);
        assert_eq!(parse(&long).expect_err("long").code(), "package.too_large");
    }
}
