//! Whole words.

use std::collections::HashMap;
use std::ops::Range;

use serde::Deserialize;

use super::unicode::is_mark;
use super::{Reader, Tokens, json_fault};
use crate::fault::TokenizerFault;

/// The token of padding and of every unknown word.
const PADDING: u32 = 0;

/// Splits a prompt into whole words of an own vocabulary.
///
/// The vocabulary is a Hugging Face `tokenizer.json` of the model kind `WordLevel` whose words are
/// runs of the letters a to z and digits after lowercasing. Words outside it are padding, which the
/// network ignores; [`Tokens::unknown`] lists them.
#[derive(Debug)]
pub(super) struct Words {
    vocabulary: HashMap<String, u32>,
}

#[derive(Deserialize)]
struct File {
    model: Model,
}

#[derive(Deserialize)]
#[serde(tag = "type")]
enum Model {
    WordLevel { vocab: HashMap<String, u32> },
}

impl Words {
    /// Refuses another kind of file, and one whose token 0 is not `[PAD]`.
    pub(super) fn from_json(json: &[u8]) -> Result<Self, TokenizerFault> {
        let File {
            model: Model::WordLevel { vocab },
        } = serde_json::from_slice(json).map_err(|error| json_fault(&error))?;
        if vocab
            .iter()
            .any(|(word, &id)| id == PADDING && word != "[PAD]")
        {
            return Err(TokenizerFault::Padding);
        }
        Ok(Self { vocabulary: vocab })
    }

    pub(super) fn pieces(&self) -> impl Iterator<Item = (&str, u32)> {
        self.vocabulary
            .iter()
            .map(|(word, &id)| (word.as_str(), id))
    }

    pub(super) fn encode(&self, prompt: &str, length: usize) -> Tokens {
        let mut reader = Reader::new(prompt, length);
        for typed in typed_words(prompt) {
            let word = prompt[typed.clone()].to_lowercase();
            let runs = word
                .split(|c: char| !c.is_ascii_alphanumeric())
                .filter(|run| !run.is_empty());
            let ids: Vec<u32> = runs
                .map(|run| self.vocabulary.get(run).copied().unwrap_or(PADDING))
                .collect();
            let known = word.is_ascii() && !ids.contains(&PADDING);
            if reader.read(typed, &ids, known).is_break() {
                break;
            }
        }
        reader.tokens
    }
}

/// Where a prompt's words are, as people see them: runs of letters, marks and digits of any script,
/// and runs of symbols beyond ASCII. White space and punctuation only separate them.
fn typed_words(prompt: &str) -> impl Iterator<Item = Range<usize>> {
    let mut end = 0;
    std::iter::from_fn(move || {
        let start = end + prompt[end..].find(|c| Class::of(c) != Class::Separator)?;
        let class = Class::of(prompt[start..].chars().next()?);
        let length = prompt[start..].find(|c| Class::of(c) != class);
        end = length.map_or(prompt.len(), |length| start + length);
        Some(start..end)
    })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Letter,
    Symbol,
    Separator,
}

impl Class {
    fn of(character: char) -> Self {
        match character {
            // Join and vary emoji.
            '\u{200d}' | '\u{fe00}'..='\u{fe0f}' => Self::Symbol,
            _ if character.is_alphanumeric() || is_mark(character) => Self::Letter,
            _ if character.is_whitespace() => Self::Separator,
            // Control characters and punctuation: ASCII, Latin-1, general, CJK, full-width.
            '\0'..='\u{bf}'
            | '\u{2000}'..='\u{206f}'
            | '\u{3000}'..='\u{303f}'
            | '\u{ff00}'..='\u{ff65}'
            | '\u{feff}' => Self::Separator,
            _ => Self::Symbol,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words() -> Words {
        let json = br#"{"model":{"type":"WordLevel","vocab":{"[PAD]":0,"red":1,"cat":2,"3d":3},"unk_token":"[PAD]"}}"#;
        Words::from_json(json).expect("a valid file")
    }

    #[test]
    fn words_are_found_between_any_separators() {
        assert_eq!(words().encode("A red,  CAT\n(3D)!", 4).ids, [0, 1, 2, 3]);
    }

    #[test]
    fn unknown_words_are_named_once_as_they_were_typed() {
        for (prompt, ids, unknown) in [
            (
                "Red ZEBRA cat, Zebra ZEBRA",
                &[1, 0, 2, 0, 0][..],
                &["ZEBRA", "Zebra"][..],
            ),
            // Letters beyond a to z are read by no vocabulary of this kind.
            ("naïve cat", &[0, 0, 2], &["naïve"]),
            ("cat 猫と犬, кот red", &[2, 1], &["猫と犬", "кот"]),
            ("cafe\u{301} 👩‍🚀cat", &[0, 2], &["cafe\u{301}", "👩‍🚀"]),
            ("“red” — ¿cat? 。", &[1, 2], &[]),
            ("   ", &[], &[]),
        ] {
            let tokens = words().encode(prompt, 9);
            assert_eq!((&*tokens.ids, &*tokens.unread), (ids, ""), "{prompt}");
            assert_eq!(tokens.unknown, unknown, "{prompt}");
        }
    }

    #[test]
    fn the_unread_end_begins_with_the_first_word_that_is_not_wholly_read() {
        for (length, unread) in [
            (0, "Red,  na\u{ef}ve 猫 CAT"),
            (1, "na\u{ef}ve 猫 CAT"),
            // Of its two runs one fits.
            (2, "na\u{ef}ve 猫 CAT"),
            (3, "CAT"),
            (4, ""),
        ] {
            let tokens = words().encode(" Red,  na\u{ef}ve 猫 CAT\n", length);
            assert_eq!(tokens.ids, [1, 0, 0, 2][..length]);
            assert_eq!(tokens.unread, unread, "{length}");
        }
    }

    #[test]
    fn a_hostile_prompt_costs_little() {
        let unlike: String = (0..1 << 18).map(|i| format!("ж{i} ")).collect();
        let tokens = words().encode(&unlike, usize::MAX);
        assert_eq!(tokens.unknown.len(), 1 << 18);
    }

    #[test]
    fn other_kinds_of_file_are_refused() {
        for json in [
            &b"{}"[..],
            b"",
            br#"{"model":{"type":"BPE","vocab":{}}}"#,
            br#"{"model":{"type":"WordLevel","vocab":{"cat":0}}}"#,
        ] {
            assert!(Words::from_json(json).is_err());
        }
    }
}
