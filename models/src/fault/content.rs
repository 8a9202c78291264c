//! Weights, texts and tokenizers that are refused.

use serde::Serialize;

/// A weight that the network cannot use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(tag = "fault", rename_all = "snake_case")]
#[non_exhaustive]
pub enum WeightFault {
    /// The package has no tensor of this name.
    #[error("is missing")]
    Missing,
    /// Its shape is not the network's.
    #[error("has shape {found:?}, not {expected:?}")]
    Shape {
        /// The package's shape.
        found: Vec<usize>,
        /// The network's shape.
        expected: Vec<usize>,
    },
    /// A kernel's numbers are in the order of whole patches where the network slides it, or the
    /// reverse.
    #[error("has its numbers in another order than the network's")]
    Order,
    /// A value is NaN or infinite.
    #[error("is not finite at row {row}, column {column}")]
    NotFinite {
        /// The row.
        row: usize,
        /// The column.
        column: usize,
    },
}

/// A text that the network cannot take.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(tag = "fault", rename_all = "snake_case")]
#[non_exhaustive]
pub enum TextFault {
    /// Tokens for a network that reads features, or the reverse.
    #[error("the text is not of the kind that this model reads")]
    Kind,
    /// More tokens than the network reads.
    #[error("the text is longer than {limit} tokens")]
    Length {
        /// The most tokens.
        limit: usize,
    },
    /// A token beyond the table.
    #[error("token {token} is not in the vocabulary")]
    Token {
        /// The token.
        token: u32,
    },
}

/// A tokenizer file that this program cannot use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(tag = "fault", rename_all = "snake_case")]
#[non_exhaustive]
pub enum TokenizerFault {
    /// The manifest names an unknown kind.
    #[error("the kind {kind:?} is unknown")]
    Kind {
        /// The name found.
        kind: String,
    },
    /// Not the JSON of this kind.
    #[error("{reason}")]
    Json {
        /// The parser's own message.
        reason: String,
    },
    /// The file states other rules than this program implements.
    #[error("its rules are not those of this program's byte pairs")]
    Rules,
    /// Token 0 is not `[PAD]`.
    #[error("token 0 must be [PAD]")]
    Padding,
    /// `[UNK]` is missing.
    #[error("[UNK] is missing")]
    NoUnknown,
    /// Two pieces have one token.
    #[error("token {token} is two pieces")]
    Repeated {
        /// The token.
        token: u32,
    },
    /// A merge is not of a piece and one that continues a word, into a piece.
    #[error("the merge {merge:?} is not of pieces into a piece")]
    Merge {
        /// The merge, as the file states it.
        merge: String,
    },
    /// A name is not words joined by single spaces, has too many, or becomes nothing.
    #[error("the name {name:?} is not of words or has no tokens")]
    Name {
        /// The name.
        name: String,
    },
    /// The network's table has no row for a token.
    #[error("the word {piece:?} is token {token}, and the network knows {rows}")]
    Vocabulary {
        /// The piece.
        piece: String,
        /// Its token.
        token: u32,
        /// Rows of the table.
        rows: usize,
    },
}
