//! The SHA-256 of a served file, computed at its first request and cached per version.
//!
//! Contract: a digest is returned only if every byte was read from one unchanged version.

use std::io::{self, Read, Seek};

use sha2::{Digest, Sha256};

use super::{error::FileError, open_file::OpenFile, per_version::PerVersion};

/// Read at once while hashing.
const CHUNK_BYTES: usize = 256 * 1024;

/// The digests of one folder's files.
#[derive(Debug, Default)]
pub(super) struct Digests(PerVersion<String, 1>);

impl Digests {
    /// The digest as 64 lowercase hexadecimal digits.
    pub(super) async fn of(&self, open: &OpenFile) -> Result<String, FileError> {
        let copy = open.try_clone()?;
        self.0
            .get_or_compute(&open.path, [open.version], move || hash(&copy))
            .await
    }
}

fn hash(open: &OpenFile) -> Result<String, FileError> {
    let mut file = &open.file;
    let (size_bytes, digest) = file
        .rewind()
        .and_then(|()| sha256(file))
        .map_err(|source| open.unreadable(source))?;
    open.check_unchanged()?;
    if size_bytes == open.version.size_bytes {
        Ok(digest)
    } else {
        Err(FileError::Changed)
    }
}

/// Reads to the end and returns the number of bytes and their SHA-256 in hexadecimal.
pub(super) fn sha256(mut reader: impl Read) -> io::Result<(u64, String)> {
    let mut hasher = Sha256::new();
    let mut chunk = vec![0; CHUNK_BYTES];
    let mut size_bytes = 0;
    loop {
        let count = reader.read(&mut chunk)?;
        if count == 0 {
            return Ok((size_bytes, format!("{:x}", hasher.finalize())));
        }
        hasher.update(&chunk[..count]);
        size_bytes += count as u64;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{
        super::open_file::tests::{OLD, open},
        *,
    };

    #[tokio::test]
    async fn is_the_sha_256_of_the_content() {
        let digests = Digests::default();
        for age in [Duration::ZERO, OLD] {
            let digest = digests.of(&open("a", "content", age)).await;
            // printf content | sha256sum
            let known = "ed7002b439e9ac845f22357d822bac1444730fbdb6016d3ec9432297b9ec9f73";
            assert_eq!(digest.expect("a digest"), known);
        }
    }

    #[tokio::test]
    async fn refuses_a_file_that_changed_since_it_was_opened() {
        let file = open("a", "content", OLD);
        file.file.set_len(3).expect("truncated");
        let error = Digests::default().of(&file).await.expect_err("changed");
        assert_eq!(error.code(), "file_changed");
    }
}
