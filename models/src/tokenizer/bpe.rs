//! Byte-pair encoding, after `models/training/text/tokenizer.py`, which says the same in Python.
//!
//! 1. Only the first 4096 characters are read.
//! 2. Normalization: NFKC; then each character in lower case by itself; then invisible characters
//!    are left out, and typographic quotation marks, apostrophes and dashes become `"`, `'`, `-`.
//! 3. Lettering: between a `"` and the next one each character stands alone, and white space
//!    there is one `_`. A `"` without a partner changes nothing.
//! 4. Words: white space ends a word; each digit and each ASCII punctuation mark is a word; a run
//!    of Latin letters is a word, and so is a run of anything else.
//! 5. Pieces: a word begins as characters, all but the first with the prefix `##`; characters
//!    outside the vocabulary become `[UNK]`, neighbouring ones together one; then the pair whose
//!    merge ranks first, the leftmost of equals, is merged until none can be. A word of more than
//!    64 characters is one `[UNK]`. Where the file says `ignore_merges`, a word that is a piece as
//!    a whole is that piece.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::{Value, json};
use unicode_normalization::UnicodeNormalization;

use super::{Tokens, last, refuse};
use crate::error::ModelError;

const PROMPT_MAX: usize = 4096;
const WORD_MAX: usize = 64;
const PREFIX: &str = "##";
const UNKNOWN: &str = "[UNK]";

/// Splits a prompt into pieces of words.
#[derive(Debug)]
pub(super) struct Bpe {
    unknown: u32,
    /// Pieces of one character, by the character and whether it is within a word.
    characters: HashMap<(char, bool), u32>,
    /// Of two neighbouring pieces: the rank of their merge, and what they become.
    merges: HashMap<(u32, u32), (usize, u32)>,
    /// Words that are not merged, because they are pieces as a whole.
    whole: HashMap<String, u32>,
}

#[derive(Deserialize)]
struct File {
    normalizer: Value,
    pre_tokenizer: Value,
    model: Model,
}

#[derive(Deserialize)]
struct Model {
    #[serde(rename = "type")]
    kind: String,
    vocab: HashMap<String, u32>,
    merges: Vec<Merge>,
    unk_token: String,
    continuing_subword_prefix: String,
    fuse_unk: bool,
    end_of_word_suffix: Option<String>,
    #[serde(default)]
    byte_fallback: bool,
    #[serde(default)]
    ignore_merges: bool,
    dropout: Option<f32>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Merge {
    Pair(String, String),
    /// Both with a space between, as older files have it.
    Line(String),
}

impl Merge {
    fn parts(&self) -> Option<(&str, &str)> {
        match self {
            Self::Pair(left, right) => Some((left, right)),
            Self::Line(line) => line.split_once(' '),
        }
    }
}

impl Bpe {
    /// Also returns the piece with the largest id.
    ///
    /// Refuses what this code would read otherwise than the file says: other rules for words,
    /// `[PAD]` elsewhere than at 0, two pieces of one id, a merge of or into what is no piece.
    pub(super) fn from_json(json: &[u8]) -> Result<(Self, (String, u32)), ModelError> {
        let File {
            normalizer,
            pre_tokenizer,
            model,
        } = serde_json::from_slice(json).map_err(|error| refuse(error.to_string()))?;
        let usual = model.kind == "BPE"
            && model.unk_token == UNKNOWN
            && model.continuing_subword_prefix == PREFIX
            && model.fuse_unk
            && model.end_of_word_suffix.is_none_or(|end| end.is_empty())
            && !model.byte_fallback
            && model.dropout.is_none_or(|share| share == 0.0);
        if !usual || normalizer != normalization() || pre_tokenizer != splitting() {
            return Err(refuse(
                "its rules are not those of this program's byte pairs",
            ));
        }
        if model.vocab.get("[PAD]") != Some(&0) {
            return Err(refuse("token 0 must be [PAD]"));
        }
        let mut ids: Vec<u32> = model.vocab.values().copied().collect();
        ids.sort_unstable();
        if let Some(twice) = ids.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(refuse(format!("token {} is two pieces", twice[0])));
        }
        let piece = |name: &str| {
            let id = model.vocab.get(name).copied();
            id.ok_or_else(|| refuse(format!("{name:?} is merged and no piece")))
        };
        let mut merges = HashMap::with_capacity(model.merges.len());
        for (rank, merge) in model.merges.iter().enumerate() {
            let (left, right) = merge
                .parts()
                .ok_or_else(|| refuse("a merge is of two pieces"))?;
            let inner = right
                .strip_prefix(PREFIX)
                .ok_or_else(|| refuse(format!("{right:?} begins a word and is merged to one")))?;
            let whole = piece(&format!("{left}{inner}"))?;
            merges
                .entry((piece(left)?, piece(right)?))
                .or_insert((rank, whole));
        }
        let characters = model.vocab.iter().filter_map(|(name, &id)| {
            let inner = name.strip_prefix(PREFIX).filter(|rest| !rest.is_empty());
            let mut rest = inner.unwrap_or(name).chars();
            let character = rest.next()?;
            rest.next()
                .is_none()
                .then_some(((character, inner.is_some()), id))
        });
        let pieces = model.vocab.iter().map(|(name, &id)| (name.as_str(), id));
        let last = last(pieces);
        let bpe = Self {
            unknown: *model
                .vocab
                .get(UNKNOWN)
                .ok_or_else(|| refuse("[UNK] is missing"))?,
            characters: characters.collect(),
            merges,
            whole: match model.ignore_merges {
                true => model.vocab,
                false => HashMap::new(),
            },
        };
        Ok((bpe, last))
    }

    /// Splits `prompt` into at most `length` pieces; a word that does not fit is cut.
    pub(super) fn encode(&self, prompt: &str, length: usize) -> Tokens {
        let text = spell(&normalize(prompt));
        let mut tokens = Tokens::default();
        for word in words(&text) {
            let room = length - tokens.ids.len();
            if room == 0 {
                tokens.dropped += 1;
                continue;
            }
            let pieces = self.pieces(word);
            if pieces.contains(&self.unknown) {
                tokens.unknown.push(word.to_owned());
            }
            tokens.dropped += usize::from(pieces.len() > room);
            tokens.ids.extend(pieces.into_iter().take(room));
        }
        tokens
    }

    /// Step 5. Quadratic in the word's length, which is bounded.
    fn pieces(&self, word: &str) -> Vec<u32> {
        if word.chars().nth(WORD_MAX).is_some() {
            return vec![self.unknown];
        }
        if let Some(&whole) = self.whole.get(word) {
            return vec![whole];
        }
        let mut pieces = Vec::new();
        for (place, character) in word.chars().enumerate() {
            let piece = self.characters.get(&(character, place > 0));
            if piece.is_some() || pieces.last() != Some(&self.unknown) {
                pieces.push(piece.copied().unwrap_or(self.unknown));
            }
        }
        while let Some((_, place, whole)) = pieces
            .windows(2)
            .enumerate()
            .filter_map(|(place, pair)| {
                let &(rank, whole) = self.merges.get(&(pair[0], pair[1]))?;
                Some((rank, place, whole))
            })
            .min()
        {
            pieces.splice(place..place + 2, [whole]);
        }
        pieces
    }
}

/// Steps 1 and 2.
fn normalize(prompt: &str) -> String {
    prompt
        .chars()
        .take(PROMPT_MAX)
        .nfkc()
        .flat_map(char::to_lowercase)
        .filter_map(|character| match character {
            '\u{ad}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2060}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}' => None,
            '“' | '”' | '„' | '‟' | '«' | '»' => Some('"'),
            '‘' | '’' | '‚' | '‛' | 'ʼ' | '′' => Some('\''),
            '‐' | '‒' | '–' | '—' | '―' | '−' => Some('-'),
            other => Some(other),
        })
        .collect()
}

/// Step 3.
fn spell(text: &str) -> String {
    let marks = text.matches('"').count();
    let mut spelt = String::with_capacity(2 * text.len());
    for (place, part) in text.split('"').enumerate() {
        if place > 0 {
            spelt.push('"');
        }
        if place % 2 == 0 || place == marks {
            spelt.push_str(part);
            continue;
        }
        let mut gap = false;
        for character in part.chars() {
            if !character.is_whitespace() {
                spelt.extend([character, ' ']);
            } else if !gap {
                spelt.push_str("_ ");
            }
            gap = character.is_whitespace();
        }
    }
    spelt
}

/// What a character is to the words around it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    White,
    Alone,
    Latin,
    Other,
}

impl Class {
    fn of(character: char) -> Self {
        match character {
            'a'..='z' | 'ß'..='ö' | 'ø'..='ÿ' | '\u{100}'..='\u{17f}' => Self::Latin,
            '0'..='9' => Self::Alone,
            _ if character.is_ascii_punctuation() => Self::Alone,
            _ if character.is_whitespace() => Self::White,
            _ => Self::Other,
        }
    }
}

/// Step 4.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        rest = rest.trim_start();
        let class = Class::of(rest.chars().next()?);
        let end = match class {
            Class::Alone => 1, // ASCII
            _ => rest
                .find(|character| Class::of(character) != class)
                .unwrap_or(rest.len()),
        };
        let (word, after) = rest.split_at(end);
        rest = after;
        Some(word)
    })
}

/// Step 2 as a file states it.
fn normalization() -> Value {
    let replace = |pattern: &str, content: &str| json!({"type": "Replace", "pattern": {"Regex": pattern}, "content": content});
    json!({"type": "Sequence", "normalizers": [
        {"type": "NFKC"},
        {"type": "Lowercase"},
        replace(r"[\u00AD\u200B-\u200F\u2060\uFE00-\uFE0F\uFEFF]", ""),
        replace("[“”„‟«»]", "\""),
        replace("[‘’‚‛ʼ′]", "'"),
        replace("[‐‒–—―−]", "-"),
    ]})
}

/// Step 4 as a file states it.
fn splitting() -> Value {
    let split = |pattern: &str| json!({"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated", "invert": false});
    json!({"type": "Sequence", "pretokenizers": [
        {"type": "WhitespaceSplit"},
        split(r"[0-9!-/:-@\[-`{-~]"),
        split("[a-zß-öø-ÿĀ-ſ]+"),
    ]})
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &[u8] = include_bytes!("../../tests/fixtures/tokenizer/tokenizer.json");

    fn bpe() -> Bpe {
        Bpe::from_json(FILE).expect("a valid file").0
    }

    /// What HF `tokenizers` makes of prompts, by a file of `tests/fixtures/tokenizer`.
    fn check(bpe: &Bpe, cases: &str) {
        #[derive(Deserialize)]
        struct Case {
            prompt: String,
            ids: Vec<u32>,
        }
        let cases: Vec<Case> = serde_json::from_str(cases).expect("JSON");
        assert!(cases.len() > 60);
        for Case { prompt, ids } in cases {
            let start: String = prompt.chars().take(60).collect();
            assert_eq!(bpe.encode(&prompt, usize::MAX).ids, ids, "{start:?}");
        }
    }

    #[test]
    fn prompts_become_the_ids_that_training_gave_them() {
        check(
            &bpe(),
            include_str!("../../tests/fixtures/tokenizer/cases.json"),
        );
    }

    #[test]
    fn a_word_that_is_a_piece_as_a_whole_is_that_piece_where_the_file_says_so() {
        let file = include_bytes!("../../tests/fixtures/tokenizer/wide.json");
        let (wide, (_, last)) = Bpe::from_json(file).expect("a valid file");
        let cases = include_str!("../../tests/fixtures/tokenizer/wide-cases.json");
        check(&wide, cases);
        assert_eq!(wide.encode("Catcatcat", 9).ids.len(), 1);
        assert!(bpe().encode("Catcatcat", 9).ids.len() > 1);
        assert!(wide.encode("catcatcat", 9).ids[0] < last);
    }

    #[test]
    fn unknown_words_are_named_and_long_prompts_cut() {
        let bpe = bpe();
        let tokens = bpe.encode("a 猫 naïvŵ cat", 100);
        assert_eq!(tokens.unknown, ["猫", "naïvŵ"]);
        assert_eq!(tokens.dropped, 0);
        let whole = bpe.encode("a rocket, two rockets", 100);
        for length in 0..whole.ids.len() {
            let cut = bpe.encode("a rocket, two rockets", length);
            assert_eq!(cut.ids, whole.ids[..length]);
            assert!((1..=5).contains(&cut.dropped));
        }
        assert_eq!(bpe.encode(" \n ", 8), Tokens::default());
    }

    #[test]
    fn a_hostile_prompt_costs_little() {
        let bpe = bpe();
        for prompt in [
            "a".repeat(1 << 20),
            "\u{fdfa}".repeat(1 << 20),
            "\"a ".repeat(1 << 20),
            "e\u{301}".repeat(1 << 20),
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa ".repeat(1 << 14),
        ] {
            let tokens = bpe.encode(&prompt, 32);
            assert!(tokens.ids.len() <= 32 && tokens.dropped <= 4 * PROMPT_MAX);
        }
    }

    #[test]
    fn files_of_other_rules_are_refused() {
        let sound: Value = serde_json::from_slice(FILE).expect("JSON");
        let refused = |change: &dyn Fn(&mut Value)| {
            let mut file = sound.clone();
            change(&mut file);
            let json = serde_json::to_vec(&file).expect("JSON");
            Bpe::from_json(&json).expect_err("must fail").code()
        };
        let changes: [&dyn Fn(&mut Value); 13] = [
            &|file| file["model"]["type"] = "Unigram".into(),
            &|file| file["model"]["unk_token"] = Value::Null,
            &|file| file["model"]["continuing_subword_prefix"] = "@@".into(),
            &|file| file["model"]["fuse_unk"] = false.into(),
            &|file| file["model"]["dropout"] = 0.5.into(),
            &|file| file["model"]["vocab"]["[PAD]"] = 2.into(),
            &|file| file["model"]["vocab"]["a"] = 3.into(),
            &|file| file["model"]["vocab"]["a"] = (-1).into(),
            &|file| file["model"]["merges"][0] = json!(["a", "zzz"]),
            &|file| file["model"]["merges"][0] = json!(["a", "b"]),
            &|file| file["model"]["merges"][0] = json!("alone"),
            &|file| file["pre_tokenizer"] = Value::Null,
            &|file| file["normalizer"]["normalizers"][0]["type"] = "NFC".into(),
        ];
        for (i, change) in changes.iter().enumerate() {
            assert_eq!(refused(change), "model.tokenizer", "change {i}");
        }
        assert!(Bpe::from_json(b"").is_err() && Bpe::from_json(b"{}").is_err());
    }

    #[test]
    fn merges_may_be_lines() {
        let mut file: Value = serde_json::from_slice(FILE).expect("JSON");
        for merge in file["model"]["merges"].as_array_mut().expect("a list") {
            let line = format!(
                "{} {}",
                merge[0].as_str().expect("a piece"),
                merge[1].as_str().expect("a piece")
            );
            *merge = line.into();
        }
        let json = serde_json::to_vec(&file).expect("JSON");
        let (lines, _) = Bpe::from_json(&json).expect("a valid file");
        assert_eq!(lines.encode("a rocket", 9), bpe().encode("a rocket", 9));
    }
}
