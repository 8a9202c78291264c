//! From a prompt to token ids.

mod bpe;
mod unicode;
mod words;

use std::collections::HashSet;
use std::ops::{ControlFlow, Range};

use bpe::Bpe;
use words::Words;

use crate::fault::TokenizerFault;

/// A prompt as the network reads it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tokens {
    /// At most the model's text length.
    pub ids: Vec<u32>,
    /// Words that were read but that the vocabulary lacks, or has in part only: each once, in
    /// order, as the user typed them.
    pub unknown: Vec<String>,
    /// The end of the prompt, as the user typed it, from the first word that was not wholly read;
    /// without white space around it, and empty where everything was read.
    pub unread: String,
}

/// Collects the tokens of a prompt until the model's length is reached.
#[derive(Debug)]
struct Reader<'a> {
    prompt: &'a str,
    length: usize,
    tokens: Tokens,
    /// The words in [`Tokens::unknown`].
    unknown: HashSet<&'a str>,
}

impl<'a> Reader<'a> {
    fn new(prompt: &'a str, length: usize) -> Self {
        Self {
            prompt,
            length,
            tokens: Tokens::default(),
            unknown: HashSet::new(),
        }
    }

    /// Reads the word that was typed at these bytes of the prompt. Breaks where only a part of it,
    /// or nothing, fits: the prompt is unread from there.
    fn read(&mut self, typed: Range<usize>, pieces: &[u32], known: bool) -> ControlFlow<()> {
        let room = self.length - self.tokens.ids.len();
        let fitting = pieces.len().min(room);
        self.tokens.ids.extend_from_slice(&pieces[..fitting]);
        if fitting < pieces.len() {
            self.stop_at(typed.start);
            return ControlFlow::Break(());
        }
        let word = self.prompt[typed].trim();
        // Words that white space became, in lettering, have no name.
        if !known && !word.is_empty() && self.unknown.insert(word) {
            self.tokens.unknown.push(word.to_owned());
        }
        ControlFlow::Continue(())
    }

    /// Leaves the rest of the prompt unread. A place within `2024` or `don't`, which are several
    /// words to a vocabulary but one to people, counts as its beginning.
    fn stop_at(&mut self, mut start: usize) {
        let joins = |c: char| c.is_ascii_alphanumeric() || matches!(c, '\'' | '’');
        if self.prompt[start..].starts_with(joins) {
            start = self.prompt[..start].trim_end_matches(joins).len();
        }
        let unread = self.prompt[start..].trim();
        unread.clone_into(&mut self.tokens.unread);
    }
}

/// The kind of a model's tokenizer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Whole words of an own vocabulary.
    Words,
    /// Byte pairs: pieces of words, so that no English word is unknown.
    Bpe,
}

impl Kind {
    /// The kind of this name in a manifest.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "words" => Some(Self::Words),
            "bpe" => Some(Self::Bpe),
            _ => None,
        }
    }
}

/// Splits prompts for one model.
#[derive(Debug)]
pub struct Tokenizer {
    splitter: Splitter,
    length: usize,
    /// The piece or name with the largest id, and that id.
    last: (String, u32),
}

#[derive(Debug)]
enum Splitter {
    Words(Words),
    Bpe(Bpe),
}

impl Tokenizer {
    /// Reads a Hugging Face `tokenizer.json`; `length` is the model's number of text tokens.
    ///
    /// # Errors
    /// If it is not of this kind, or contradicts itself.
    pub fn from_json(kind: Kind, json: &[u8], length: usize) -> Result<Self, TokenizerFault> {
        let (splitter, last) = match kind {
            Kind::Words => {
                let words = Words::from_json(json)?;
                let last = last(words.pieces());
                (Splitter::Words(words), last)
            }
            Kind::Bpe => {
                let (bpe, last) = Bpe::from_json(json)?;
                (Splitter::Bpe(bpe), last)
            }
        };
        Ok(Self {
            splitter,
            length,
            last,
        })
    }

    /// Compares the vocabulary with the network's table of `rows` tokens.
    ///
    /// # Errors
    /// [`TokenizerFault::Vocabulary`] with a piece that the table has no row for.
    pub fn check_below(&self, rows: usize) -> Result<(), TokenizerFault> {
        let (piece, id) = &self.last;
        if *id as usize >= rows {
            return Err(TokenizerFault::Vocabulary {
                piece: piece.clone(),
                token: *id,
                rows,
            });
        }
        Ok(())
    }

    /// Splits `prompt`.
    #[must_use]
    pub fn encode(&self, prompt: &str) -> Tokens {
        match &self.splitter {
            Splitter::Words(words) => words.encode(prompt, self.length),
            Splitter::Bpe(bpe) => bpe.encode(prompt, self.length),
        }
    }
}

/// The piece with the largest id.
fn last<'a>(pieces: impl Iterator<Item = (&'a str, u32)>) -> (String, u32) {
    let (piece, id) = pieces.max_by_key(|&(_, id)| id).unwrap_or_default();
    (piece.to_owned(), id)
}

/// The fault of a file that is not the JSON of its kind.
fn json_fault(error: &serde_json::Error) -> TokenizerFault {
    TokenizerFault::Json {
        reason: error.to_string(),
    }
}
