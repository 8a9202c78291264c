//! A `tokenizer.json` of the model kind `BPE`, accepted only where it states exactly the rules that
//! this program implements.

use std::collections::HashMap;
use std::fmt;

use serde::Deserialize;
use serde_json::{Value, json};

use super::Bpe;
use super::names::Names;
use crate::fault::TokenizerFault;
use crate::tokenizer::{json_fault, last};

const PREFIX: &str = "##";
const UNKNOWN: &str = "[UNK]";

#[derive(Deserialize)]
struct File {
    normalizer: Value,
    pre_tokenizer: Value,
    model: Model,
    /// Not in Hugging Face's format, whose readers ignore it.
    #[serde(default)]
    names: HashMap<String, Vec<u32>>,
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
    /// Both, separated by a space, as in older files.
    Line(String),
}

impl fmt::Display for Merge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pair(left, right) => write!(f, "{left} {right}"),
            Self::Line(line) => f.write_str(line),
        }
    }
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
    /// Also returns the piece or name with the largest id.
    ///
    /// Refuses files that this code would read differently: other rules for words, `[PAD]` at
    /// another id than 0, two pieces with one id, a merge of or into something that is no piece, a
    /// name that could not be typed.
    pub(in crate::tokenizer) fn from_json(
        json: &[u8],
    ) -> Result<(Self, (String, u32)), TokenizerFault> {
        let File {
            normalizer,
            pre_tokenizer,
            model,
            names,
        } = serde_json::from_slice(json).map_err(|error| json_fault(&error))?;
        let usual = model.kind == "BPE"
            && model.unk_token == UNKNOWN
            && model.continuing_subword_prefix == PREFIX
            && model.fuse_unk
            && model.end_of_word_suffix.is_none_or(|end| end.is_empty())
            && !model.byte_fallback
            && model.dropout.is_none_or(|share| share == 0.0);
        if !usual || normalizer != normalization() || pre_tokenizer != splitting() {
            return Err(TokenizerFault::Rules);
        }
        if model.vocab.get("[PAD]") != Some(&0) {
            return Err(TokenizerFault::Padding);
        }
        let mut ids: Vec<u32> = model.vocab.values().copied().collect();
        ids.sort_unstable();
        if let Some(twice) = ids.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(TokenizerFault::Repeated { token: twice[0] });
        }
        let piece = |name: &str| model.vocab.get(name).copied();
        let pieces = |merge: &Merge| {
            let (left, right) = merge.parts()?;
            let whole = piece(&format!("{left}{}", right.strip_prefix(PREFIX)?))?;
            Some(((piece(left)?, piece(right)?), whole))
        };
        let mut merges = HashMap::with_capacity(model.merges.len());
        for (rank, merge) in model.merges.iter().enumerate() {
            let (pair, whole) = pieces(merge).ok_or_else(|| TokenizerFault::Merge {
                merge: merge.to_string(),
            })?;
            merges.entry(pair).or_insert((rank, whole));
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
        let named = names
            .iter()
            .flat_map(|(name, ids)| ids.iter().map(|&id| (name.as_str(), id)));
        let last = last(pieces.chain(named));
        let bpe = Self {
            unknown: piece(UNKNOWN).ok_or(TokenizerFault::NoUnknown)?,
            characters: characters.collect(),
            merges,
            whole: match model.ignore_merges {
                true => model.vocab,
                false => HashMap::new(),
            },
            names: Names::new(names)?,
        };
        Ok((bpe, last))
    }
}

/// Step 2 in the file's terms.
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

/// Step 4 in the file's terms.
fn splitting() -> Value {
    let split = |pattern: &str| json!({"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated", "invert": false});
    json!({"type": "Sequence", "pretokenizers": [
        {"type": "WhitespaceSplit"},
        split(r"[0-9!-/:-@\[-`{-~]"),
        split("[a-zß-öø-ÿĀ-ſ]+"),
    ]})
}
