//! Verification of a file's bytes as they arrive.
//!
//! [`FileVerifier`] takes bytes in pieces of any size, from the network or the disk, and passes on
//! only whole chunks whose SHA-256 matched. Memory: one chunk. After an interrupted download it
//! resumes at the first chunk that is not yet kept.

use sha2::{Digest as _, Sha256};

use crate::{Digest, FileEntry, PackageError};

/// Checks the chunks of one file as they arrive.
///
/// ```text
/// let mut verifier = FileVerifier::new(entry);
/// while let Some(bytes) = next().await {
///     verifier.push(&bytes, |chunk| keep(chunk))?;
/// }
/// verifier.finish()?;
/// ```
#[derive(Clone, Debug)]
pub struct FileVerifier {
    entry: FileEntry,
    /// Index of the chunk that is being filled.
    chunk: usize,
    /// The part of that chunk that has arrived.
    pending: Vec<u8>,
}

impl FileVerifier {
    /// Starts at the file's first byte.
    pub fn new(entry: &FileEntry) -> Self {
        Self::resume(entry, 0)
    }

    /// Resumes after `chunks_kept` chunks: the next byte is expected at [`Self::offset`].
    pub fn resume(entry: &FileEntry, chunks_kept: usize) -> Self {
        let chunk = chunks_kept.min(entry.chunks.len());
        Self {
            entry: entry.clone(),
            chunk,
            pending: Vec::new(),
        }
    }

    /// The start of the chunk that is being filled, in bytes; everything before it is verified.
    pub fn offset(&self) -> u64 {
        (self.chunk as u64 * self.entry.chunk_bytes).min(self.entry.size_bytes)
    }

    /// Whether every byte has been verified and passed on.
    pub fn is_complete(&self) -> bool {
        self.chunk == self.entry.chunks.len()
    }

    /// Takes the next bytes and passes every chunk that they complete to `keep`. After an error
    /// the verifier is where it was before the faulty chunk, without that chunk's bytes.
    pub fn push(
        &mut self,
        mut bytes: &[u8],
        mut keep: impl FnMut(&[u8]),
    ) -> Result<(), PackageError> {
        while !bytes.is_empty() {
            let Some(expected) = self.entry.chunks.get(self.chunk) else {
                return Err(self.tampered());
            };
            let chunk_bytes = (self.entry.size_bytes - self.offset()).min(self.entry.chunk_bytes);
            let missing = chunk_bytes as usize - self.pending.len();
            let (head, rest) = bytes.split_at(missing.min(bytes.len()));
            bytes = rest;
            if head.len() < missing {
                self.pending.extend_from_slice(head);
                break;
            }
            // A chunk that arrives in one piece is not copied.
            let chunk = if self.pending.is_empty() {
                head
            } else {
                self.pending.extend_from_slice(head);
                &self.pending
            };
            let intact = Digest::from(<[u8; 32]>::from(Sha256::digest(chunk))) == *expected;
            if intact {
                keep(chunk);
                self.chunk += 1;
            }
            self.pending.clear();
            if !intact {
                return Err(self.tampered());
            }
        }
        Ok(())
    }

    /// Ends the file: an error unless every byte has arrived.
    pub fn finish(self) -> Result<(), PackageError> {
        if self.is_complete() {
            return Ok(());
        }
        Err(PackageError::Truncated {
            actual_bytes: self.offset() + self.pending.len() as u64,
            expected_bytes: self.entry.size_bytes,
            file: self.entry.name,
        })
    }

    fn tampered(&self) -> PackageError {
        PackageError::Tampered {
            file: self.entry.name.clone(),
            chunk: self.chunk,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::chunks::entry_for;

    const CHUNK: u64 = 7;

    /// The bytes that pass when `bytes` arrive in pieces of `piece`.
    fn pass(entry: &FileEntry, bytes: &[u8], piece: usize) -> (Vec<u8>, Result<(), PackageError>) {
        let mut verifier = FileVerifier::new(entry);
        let mut kept = Vec::new();
        for piece in bytes.chunks(piece) {
            if let Err(error) = verifier.push(piece, |chunk| kept.extend_from_slice(chunk)) {
                return (kept, Err(error));
            }
        }
        (kept, verifier.finish())
    }

    proptest! {
        #[test]
        fn intact_bytes_pass_in_any_pieces(
            bytes in prop::collection::vec(any::<u8>(), 0..60), piece in 1..40_usize,
        ) {
            let (kept, result) = pass(&entry_for("f", &bytes, CHUNK), &bytes, piece);
            prop_assert!(result.is_ok());
            prop_assert_eq!(kept, bytes);
        }

        #[test]
        fn a_flipped_bit_stops_at_its_chunk(
            bytes in prop::collection::vec(any::<u8>(), 1..60),
            piece in 1..40_usize,
            at in any::<prop::sample::Index>(),
            bit in 0..8_u8,
        ) {
            let entry = entry_for("f", &bytes, CHUNK);
            let at = at.index(bytes.len());
            let mut bad = bytes.clone();
            bad[at] ^= 1 << bit;
            let (kept, result) = pass(&entry, &bad, piece);
            let expected = at / CHUNK as usize;
            let found = matches!(
                result, Err(PackageError::Tampered { chunk, .. }) if chunk == expected
            );
            prop_assert!(found);
            prop_assert_eq!(&kept, &bytes[..expected * CHUNK as usize]);
        }

        #[test]
        fn other_lengths_are_refused(bytes in prop::collection::vec(any::<u8>(), 1..60), cut in 1..60_usize) {
            let entry = entry_for("f", &bytes, CHUNK);
            let cut = bytes.len().saturating_sub(cut);
            let (_, result) = pass(&entry, &bytes[..cut], 11);
            let found = matches!(
                result, Err(PackageError::Truncated { actual_bytes, .. }) if actual_bytes == cut as u64
            );
            prop_assert!(found);
            let longer = [&bytes[..], b"!"].concat();
            prop_assert_eq!(pass(&entry, &longer, 11).1.map_err(|e| e.code()), Err("package.tampered"));
        }
    }

    #[test]
    fn resumes_after_the_chunks_kept() {
        let bytes: Vec<u8> = (0..30).collect();
        let mut verifier = FileVerifier::resume(&entry_for("f", &bytes, CHUNK), 2);
        assert_eq!(verifier.offset(), 14);
        let mut kept = Vec::new();
        verifier
            .push(&bytes[14..], |chunk| kept.extend_from_slice(chunk))
            .expect("intact");
        assert!(verifier.is_complete());
        assert_eq!(kept, &bytes[14..]);
    }
}
