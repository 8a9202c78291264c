//! Whole words.

use std::collections::HashMap;

use serde::Deserialize;

use super::{Tokens, refuse};
use crate::error::ModelError;

/// Splits a prompt into whole words of an own vocabulary.
///
/// The vocabulary is a Hugging Face `tokenizer.json` of the model kind `WordLevel` whose words are
/// runs of the letters a to z and digits after lower-casing. Words outside it are padding, so
/// they say nothing to the network; [`Tokens::unknown`] names them for people.
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
    pub(super) fn from_json(json: &[u8]) -> Result<Self, ModelError> {
        let File {
            model: Model::WordLevel { vocab },
        } = serde_json::from_slice(json).map_err(|error| refuse(error.to_string()))?;
        if vocab.iter().any(|(word, &id)| id == 0 && word != "[PAD]") {
            return Err(refuse("token 0 must be [PAD]"));
        }
        Ok(Self { vocabulary: vocab })
    }

    pub(super) fn pieces(&self) -> impl Iterator<Item = (&str, u32)> {
        self.vocabulary
            .iter()
            .map(|(word, &id)| (word.as_str(), id))
    }

    pub(super) fn encode(&self, prompt: &str, length: usize) -> Tokens {
        let lower = prompt.to_lowercase();
        let words = lower
            .split(|c: char| !c.is_ascii_alphanumeric())
            .filter(|word| !word.is_empty());
        let mut tokens = Tokens::default();
        for word in words {
            if tokens.ids.len() == length {
                tokens.dropped += 1;
                continue;
            }
            tokens
                .ids
                .push(self.vocabulary.get(word).copied().unwrap_or_else(|| {
                    tokens.unknown.push(word.to_owned());
                    0
                }));
        }
        tokens
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
    fn words_are_found_whatever_stands_between_them() {
        assert_eq!(words().encode("A red,  CAT\n(3D)!", 4).ids, [0, 1, 2, 3]);
    }

    #[test]
    fn unknown_words_are_named_and_long_prompts_cut() {
        let tokens = words().encode("red zebra cat cat cat cat", 4);
        assert_eq!(
            (tokens.ids, tokens.unknown, tokens.dropped),
            (vec![1, 0, 2, 2], vec!["zebra".to_owned()], 2)
        );
        assert_eq!(words().encode("   ", 4), Tokens::default());
    }

    #[test]
    fn other_kinds_of_file_are_refused() {
        for json in [
            &b"{}"[..],
            b"",
            br#"{"model":{"type":"BPE","vocab":{}}}"#,
            br#"{"model":{"type":"WordLevel","vocab":{"cat":0}}}"#,
        ] {
            assert_eq!(
                Words::from_json(json).expect_err("must fail").code(),
                "model.tokenizer"
            );
        }
    }
}
