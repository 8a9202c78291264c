//! Brotli copies made by the build (`X.br` beside `X`): whether a copy belongs to its file.
//!
//! Contract: a copy belongs to a file if it decodes to exactly the file's bytes. Modification times
//! are not compared: `cp -p`, tar, rsync and container layers preserve or equalize them, so a stale
//! copy can be newer than its file and a correct one older. Each pair is decoded once and the result
//! cached per version of both files.

use std::io::{self, Read, Seek};

use brotli_decompressor::{BrotliDecoderParameter, Decompressor};

use super::{digest::sha256, error::FileError, open_file::OpenFile, per_version::PerVersion};

/// Compressed bytes read at once.
const BUFFER_BYTES: usize = 64 * 1024;

/// What is known about the copies in one folder.
#[derive(Debug, Default)]
pub(super) struct Precompressed(PerVersion<bool, 2>);

impl Precompressed {
    /// Whether `copy` decodes to `plain`, whose SHA-256 is `digest`.
    pub(super) async fn belongs(
        &self,
        copy: &OpenFile,
        plain: &OpenFile,
        digest: &str,
    ) -> Result<bool, FileError> {
        let (handle, size_bytes) = (copy.try_clone()?, plain.version.size_bytes);
        let digest = digest.to_owned();
        let versions = [copy.version, plain.version];
        let belongs = self.0.get_or_compute(&copy.path, versions, move || {
            let belongs = decodes_to(&handle, size_bytes, &digest)?;
            if !belongs {
                tracing::warn!(
                    copy = %handle.path.display(),
                    "this compressed copy does not decode to its file; the file is served uncompressed"
                );
            }
            Ok(belongs)
        });
        belongs.await
    }
}

fn decodes_to(copy: &OpenFile, size_bytes: u64, digest: &str) -> Result<bool, FileError> {
    let decoded = decode(copy, size_bytes, digest);
    copy.check_unchanged()?;
    match decoded {
        Ok(belongs) => Ok(belongs),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => Ok(false),
        Err(error) => Err(copy.unreadable(error)),
    }
}

/// Decodes at most one byte more than `size_bytes`, which bounds the work for a hostile copy.
fn decode(copy: &OpenFile, size_bytes: u64, digest: &str) -> io::Result<bool> {
    let mut file = &copy.file;
    file.rewind()?;
    let mut decoder = Decompressor::new(file, BUFFER_BYTES);
    // Browsers refuse large windows (RFC 9841), which also take up to 1 GiB of memory.
    let large_window = BrotliDecoderParameter::BROTLI_DECODER_PARAM_LARGE_WINDOW;
    decoder.set_parameter(large_window, 0);
    let (_, decoded) = sha256(decoder.by_ref().take(size_bytes + 1))?;
    // After the end of the stream, one more read fails if bytes follow it.
    Ok(decoded == digest && decoder.read(&mut [0])? == 0)
}

#[cfg(test)]
mod tests {
    use super::{
        super::open_file::tests::{OLD, open},
        *,
    };

    fn compressed(content: &str) -> Vec<u8> {
        let mut out = Vec::new();
        let params = brotli::enc::BrotliEncoderParams::default();
        brotli::BrotliCompress(&mut content.as_bytes(), &mut out, &params)
            .expect("memory is written");
        out
    }

    fn digest(content: &str) -> String {
        sha256(content.as_bytes()).expect("memory is read").1
    }

    fn belongs(copy: &[u8], content: &str) -> bool {
        let size_bytes = content.len() as u64;
        decodes_to(&open("a.br", copy, OLD), size_bytes, &digest(content)).expect("readable")
    }

    #[test]
    fn a_copy_belongs_if_it_decodes_to_all_of_the_file_and_no_more() {
        let copy = compressed("content");
        assert!(belongs(&copy, "content"));
        assert!(belongs(&compressed(""), ""));
        assert!(!belongs(&copy, "c0ntent"));
        assert!(!belongs(&copy, "conten"));
        assert!(!belongs(&copy, "content!"));
        assert!(!belongs(&copy[..copy.len() - 1], "content"), "truncated");
        assert!(!belongs(b"", ""), "no stream at all");
        let followed = [&copy[..], b"x"].concat();
        assert!(!belongs(&followed, "content"), "bytes after the stream");
    }

    #[test]
    fn a_copy_that_changed_since_it_was_opened_is_not_judged() {
        let copy = open("a.br", compressed("content"), OLD);
        copy.file.set_len(3).expect("truncated");
        let error = decodes_to(&copy, 7, &digest("content")).expect_err("changed");
        assert_eq!(error.code(), "file_changed");
    }

    #[tokio::test]
    async fn a_pair_is_decoded_once_and_again_when_either_file_changes() {
        let copies = Precompressed::default();
        let copy = open("a.br", compressed("content"), OLD);
        let plain = open("a", "content", OLD);
        let other = open("a", "other", OLD);
        let judged = async |copy: &OpenFile, plain: &OpenFile, content: &str| {
            let belongs = copies.belongs(copy, plain, &digest(content)).await;
            belongs.expect("readable")
        };
        assert!(judged(&copy, &plain, "content").await);
        // Only a cached verdict still holds for a digest that does not fit.
        assert!(judged(&copy, &plain, "not decoded again").await);
        assert!(!judged(&copy, &other, "other").await);
        let remade = open("a.br", compressed("other"), OLD);
        assert!(judged(&remade, &other, "other").await);
    }
}
