//! Chunks: the pieces of a file that have a digest each.

use sha2::{Digest as _, Sha256};

use crate::{Digest, FileEntry};

/// Bytes in a chunk that this program writes: an interrupted download repeats at most this much.
pub const CHUNK_BYTES: u64 = 1 << 20;

/// The entry of a file whose bytes are known, with a digest for each chunk of `chunk_bytes`.
pub(crate) fn entry_for(name: &str, bytes: &[u8], chunk_bytes: u64) -> FileEntry {
    FileEntry {
        name: name.to_owned(),
        size_bytes: bytes.len() as u64,
        chunk_bytes,
        chunks: bytes.chunks(chunk_bytes as usize).map(Digest::of).collect(),
    }
}

/// Computes the digests of a file's chunks as its bytes are written.
#[derive(Default)]
pub(crate) struct ChunkHasher {
    hasher: Sha256,
    size_bytes: u64,
    chunks: Vec<Digest>,
}

impl ChunkHasher {
    pub(crate) fn update(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let room = CHUNK_BYTES - self.size_bytes % CHUNK_BYTES;
            let (head, rest) = bytes.split_at(bytes.len().min(room as usize));
            self.hasher.update(head);
            self.size_bytes += head.len() as u64;
            if self.size_bytes.is_multiple_of(CHUNK_BYTES) {
                self.chunks
                    .push(<[u8; 32]>::from(self.hasher.finalize_reset()).into());
            }
            bytes = rest;
        }
    }

    pub(crate) fn finish(mut self) -> (u64, Vec<Digest>) {
        if !self.size_bytes.is_multiple_of(CHUNK_BYTES) {
            self.chunks
                .push(<[u8; 32]>::from(self.hasher.finalize()).into());
        }
        (self.size_bytes, self.chunks)
    }
}
