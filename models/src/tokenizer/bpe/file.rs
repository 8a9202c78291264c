//! A `tokenizer.json` of the model kind `BPE`, accepted only where it states exactly the rules that
//! this program implements.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::super::{last, refuse};
use super::Bpe;
use crate::error::ModelError;

const PREFIX: &str = "##";
const UNKNOWN: &str = "[UNK]";

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
    pub(in crate::tokenizer) fn from_json(
        json: &[u8],
    ) -> Result<(Self, (String, u32)), ModelError> {
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
