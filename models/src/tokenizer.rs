//! From a prompt to token ids.

use std::collections::HashMap;

use serde::Deserialize;

use crate::error::ModelError;

/// Splits a prompt into whole words of an own vocabulary.
///
/// The vocabulary is a Hugging Face `tokenizer.json` of the model kind `WordLevel` whose words are
/// runs of the letters a to z and digits after lower-casing. Words outside it are padding, so
/// they say nothing to the network; [`Tokens::unknown`] names them for people.
#[derive(Debug)]
pub struct Tokenizer {
    vocabulary: HashMap<String, u32>,
    length: usize,
}

/// A prompt as the network reads it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tokens {
    /// At most the model's text length.
    pub ids: Vec<u32>,
    /// Words that the model does not know, in the prompt's order.
    pub unknown: Vec<String>,
    /// How many words at the end did not fit.
    pub dropped: usize,
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

impl Tokenizer {
    /// Reads a `tokenizer.json`; `length` is the model's number of text tokens.
    ///
    /// # Errors
    /// [`ModelError::Tokenizer`] if it is not of the kind above, or `PAD` is not token 0.
    pub fn from_json(json: &[u8], length: usize) -> Result<Self, ModelError> {
        let File {
            model: Model::WordLevel { vocab },
        } = serde_json::from_slice(json)
            .map_err(|error| ModelError::Tokenizer(error.to_string()))?;
        if vocab.iter().any(|(word, &id)| id == 0 && word != "[PAD]") {
            return Err(ModelError::Tokenizer("token 0 must be [PAD]".into()));
        }
        Ok(Self {
            vocabulary: vocab,
            length,
        })
    }

    /// Holds the vocabulary against the network's table of `rows` tokens.
    ///
    /// # Errors
    /// [`ModelError::Tokenizer`] names a word that the table has no row for.
    pub fn check_below(&self, rows: usize) -> Result<(), ModelError> {
        match self.vocabulary.iter().find(|&(_, &id)| id as usize >= rows) {
            Some((word, id)) => Err(ModelError::Tokenizer(format!(
                "the word {word:?} is token {id}, and the network knows {rows}"
            ))),
            None => Ok(()),
        }
    }

    /// Splits `prompt`.
    #[must_use]
    pub fn encode(&self, prompt: &str) -> Tokens {
        let lower = prompt.to_lowercase();
        let words = lower
            .split(|c: char| !c.is_ascii_alphanumeric())
            .filter(|word| !word.is_empty());
        let mut tokens = Tokens::default();
        for word in words {
            if tokens.ids.len() == self.length {
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

    fn tokenizer() -> Tokenizer {
        let json = br#"{"model":{"type":"WordLevel","vocab":{"[PAD]":0,"red":1,"cat":2,"3d":3},"unk_token":"[PAD]"}}"#;
        Tokenizer::from_json(json, 4).expect("a valid file")
    }

    #[test]
    fn words_are_found_whatever_stands_between_them() {
        assert_eq!(tokenizer().encode("A red,  CAT\n(3D)!").ids, [0, 1, 2, 3]);
    }

    #[test]
    fn unknown_words_are_named_and_long_prompts_cut() {
        let tokens = tokenizer().encode("red zebra cat cat cat cat");
        assert_eq!(
            (tokens.ids, tokens.unknown, tokens.dropped),
            (vec![1, 0, 2, 2], vec!["zebra".to_owned()], 2)
        );
        assert_eq!(tokenizer().encode("   "), Tokens::default());
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
                Tokenizer::from_json(json, 4).expect_err("must fail").code(),
                "model.tokenizer"
            );
        }
    }
}
