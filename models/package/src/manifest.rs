//! The parts of `manifest.json`: what a package is, its files, and the places of its tensors.
//!
//! Types alone; `text` reads and writes them, `validate` holds the rules.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{Digest, Format, Shape, blocks};

/// The manifest's file name.
pub const MANIFEST_FILE: &str = "manifest.json";
/// The value of `format`.
pub const FORMAT_NAME: &str = "image2-package";
/// The value of `version` that this program reads and writes.
pub const VERSION: u64 = 1;

/// How the name of a file that holds tensors ends.
pub const SHARD_ENDING: &str = ".safetensors";

/// A validated manifest.
#[derive(Clone, Debug, PartialEq)]
pub struct Manifest {
    /// The description of the package and its use.
    pub about: About,
    /// Every file of the folder but the manifest.
    pub files: Vec<FileEntry>,
    /// The tensors by name.
    pub tensors: BTreeMap<String, TensorEntry>,
    pub(crate) digest: Digest,
}

/// The part of a manifest that is written by hand.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct About {
    /// A short name for paths and addresses: lowercase ASCII letters, digits and `-._`.
    pub name: String,
    /// The name for people.
    pub title: String,
    /// The network's family, for example `mm-jit`; the program that runs the model knows them.
    pub architecture: String,
    /// The network's sizes; the architecture defines their meaning.
    pub config: serde_json::Value,
    /// The pictures that the network makes.
    pub picture: Picture,
    /// The tokenizer of prompts.
    pub tokenizer: Tokenizer,
    /// The recommended settings.
    pub sampler: Sampler,
    /// The weights' licence as an SPDX expression.
    pub licence: String,
    /// The file with copyright notices, if one must travel along.
    pub notices: Option<String>,
}

/// The pictures that a network makes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Picture {
    /// Which planes there are.
    pub channels: Channels,
    /// Whether colours are already multiplied by alpha.
    pub premultiplied: bool,
    /// The network's values for black and white.
    pub range: [f32; 2],
    /// Standard deviation of the noise that sampling starts from.
    pub noise_scale: f32,
}

/// The planes of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Channels {
    /// Red, green, blue.
    Rgb,
    /// Red, green, blue, alpha.
    Rgba,
}

impl Channels {
    /// How many planes there are.
    pub const fn count(self) -> usize {
        match self {
            Self::Rgb => 3,
            Self::Rgba => 4,
        }
    }
}

/// The tokenizer of prompts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tokenizer {
    /// The kind, for example `words` or `bpe`; the program that runs the model knows them.
    pub kind: String,
    /// The file with the vocabulary.
    pub file: String,
    /// Tokens that the network takes; longer prompts are cut.
    pub length: u32,
}

/// The recommended settings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sampler {
    /// The integration rule.
    pub method: Method,
    /// How many steps.
    pub steps: u32,
    /// Strength of classifier-free guidance; 1 switches it off.
    pub guidance: f32,
    /// Where guidance acts, in the network's time from noise (0) to picture (1).
    pub guidance_interval: [f32; 2],
}

/// An integration rule for the sampling equation: the one list of them, for packages, recipes and
/// the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Method {
    /// First order, one evaluation a step.
    Euler,
    /// Second order, two evaluations a step.
    Heun,
}

impl Method {
    /// Every method.
    pub const ALL: [Self; 2] = [Self::Euler, Self::Heun];

    /// The stable, lowercase name that manifests, recipes and files use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Euler => "euler",
            Self::Heun => "heun",
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Method {
    type Err = UnknownMethod;

    /// Ignores case: files of earlier versions hold `Euler`.
    fn from_str(name: &str) -> Result<Self, UnknownMethod> {
        let known = |method: &Self| method.name().eq_ignore_ascii_case(name);
        Self::ALL.into_iter().find(known).ok_or(UnknownMethod)
    }
}

/// No [`Method`] has this name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the integration rule is unknown")]
pub struct UnknownMethod;

/// One file and the digests of its chunks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileEntry {
    /// The file's name: no folders.
    pub name: String,
    /// The file's exact size.
    pub size_bytes: u64,
    /// The size of every chunk but the last, which is what remains.
    pub chunk_bytes: u64,
    /// SHA-256 of each chunk.
    pub chunks: Vec<Digest>,
}

impl FileEntry {
    /// Identifies the file's whole content: equal only where all chunks are. For the addresses under
    /// which caches keep the content; to verify bytes, see [`FileVerifier`](crate::FileVerifier).
    #[must_use]
    pub fn content_digest(&self) -> Digest {
        let chunks: Vec<u8> = self
            .chunks
            .iter()
            .flat_map(|chunk| *chunk.as_bytes())
            .collect();
        Digest::of(&chunks)
    }
}

/// The place and the storage of a tensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TensorEntry {
    /// The logical shape.
    pub shape: Shape,
    /// How its numbers are stored.
    pub format: Format,
    /// How they are arranged.
    pub layout: Layout,
    /// Index of its shard in [`Manifest::files`].
    pub file: u32,
}

/// The arrangement of a tensor's numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Layout {
    /// A weight matrix in [`blocks`]: the first dimension by the product of the others.
    Blocks,
    /// Row-major f16 or f32.
    Plain,
}

impl TensorEntry {
    /// Bytes of the values. In `u64`, because before validation they may exceed 32 bits.
    pub fn value_bytes(&self) -> u64 {
        let block_bytes = self.format.block_bytes() as u64;
        match self.layout {
            Layout::Plain => self.shape.elements() as u64 * block_bytes / blocks::BLOCK as u64,
            Layout::Blocks => self.block_count() * block_bytes,
        }
    }

    /// Bytes of the f16 scales; 0 where the format has none.
    pub fn scale_bytes(&self) -> u64 {
        if self.format.has_scales() {
            self.block_count() * 2
        } else {
            0
        }
    }

    /// Bytes of values and scales together.
    pub fn stored_bytes(&self) -> u64 {
        self.value_bytes() + self.scale_bytes()
    }

    fn block_count(&self) -> u64 {
        let (rows, cols) = self.shape.matrix();
        rows as u64 * blocks::blocks_per_row(cols) as u64
    }
}

impl Manifest {
    /// The SHA-256 of the manifest's text up to its last line. It depends on every byte of the
    /// package and so identifies it in caches, records and comparisons.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// The entry of the file `name`.
    pub fn file(&self, name: &str) -> Option<&FileEntry> {
        self.files.iter().find(|file| file.name == name)
    }

    /// The names of the files that hold tensors, in the order of the manifest.
    pub fn shards(&self) -> impl Iterator<Item = &FileEntry> {
        self.files
            .iter()
            .filter(|file| file.name.ends_with(SHARD_ENDING))
    }

    /// Bytes of all files together, without the manifest.
    pub fn size_bytes(&self) -> u64 {
        self.files.iter().map(|file| file.size_bytes).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_in_any_chunk_gives_a_file_another_content_digest() {
        let of = |contents: [&[u8]; 3]| FileEntry {
            name: "weights-00000.safetensors".into(),
            size_bytes: 12,
            chunk_bytes: 4,
            chunks: contents.map(Digest::of).to_vec(),
        };
        let whole = of([b"once", b"upon", b"time"]).content_digest();
        assert_eq!(whole, of([b"once", b"upon", b"time"]).content_digest());
        for other in [
            of([b"Once", b"upon", b"time"]),
            of([b"once", b"Upon", b"time"]),
            of([b"once", b"upon", b"Time"]),
            of([b"upon", b"once", b"time"]),
        ] {
            assert_ne!(whole, other.content_digest());
        }
    }

    #[test]
    fn method_names_match_their_json_and_parse_in_any_case() {
        for method in Method::ALL {
            let json = serde_json::to_string(&method).expect("a string");
            assert_eq!(json, format!("\"{method}\""));
            assert_eq!(method.name().to_uppercase().parse(), Ok(method));
        }
        assert_eq!("Euler".parse(), Ok(Method::Euler));
        assert_eq!("rk4".parse::<Method>(), Err(UnknownMethod));
    }
}
