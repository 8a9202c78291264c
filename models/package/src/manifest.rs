//! The manifest of a package: what it is, its files, and the places of its tensors.
//!
//! Types alone; `text` reads and writes them, `validate` holds the rules.

use serde::{Deserialize, Serialize};

use crate::{About, Component, Digest, Tensors};

/// The manifest's file name.
pub const MANIFEST_FILE: &str = "manifest.json";
/// The value of `version` that this program writes. It reads earlier ones as well.
pub const VERSION: u64 = 2;

/// How the name of a file that holds tensors ends.
pub const SHARD_ENDING: &str = ".safetensors";

/// A validated manifest.
#[derive(Clone, Debug, PartialEq)]
pub struct Manifest {
    /// The description of the package and its use.
    pub about: About,
    /// Every file of the folder but the manifest.
    pub files: Vec<FileEntry>,
    /// The tensors of each component by name.
    pub tensors: Tensors,
    /// The version of the manifest's text and of the names in its shards.
    pub(crate) version: u64,
    pub(crate) digest: Digest,
}

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

impl Manifest {
    /// The SHA-256 of the manifest's text up to its last line. It depends on every byte of the
    /// package and so identifies it in caches, records and comparisons.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// The version of the format that the manifest is written in.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// The name of a tensor's values in its shard. Version 1 has no components there.
    pub fn entry_name(&self, component: Component, name: &str) -> String {
        match self.version {
            1 => name.to_owned(),
            _ => entry_name(component, name),
        }
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

    /// The files that hold tensors of a component, in the order of the manifest.
    pub fn shards_of(&self, component: Component) -> impl Iterator<Item = &FileEntry> {
        let tensors = &self.tensors[component];
        let holds = move |file: u32| tensors.values().any(|tensor| tensor.file == file);
        let files = (0..).zip(&self.files);
        files.filter_map(move |(index, file)| holds(index).then_some(file))
    }

    /// Bytes of all files together, without the manifest.
    pub fn size_bytes(&self) -> u64 {
        self.files.iter().map(|file| file.size_bytes).sum()
    }
}

/// See [`Manifest::entry_name`]. Names of components have no dot, so the parts can be told apart.
pub(crate) fn entry_name(component: Component, name: &str) -> String {
    format!("{component}.{name}")
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
}
