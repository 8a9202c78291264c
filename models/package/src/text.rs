//! The text of a manifest: parsing, writing and its seal.
//!
//! [`Manifest::parse`] is the only way in and validates everything that can be validated without
//! the other files; [`Manifest::to_bytes`] is the only way out.
//!
//! The text ends with its own digest, so that damage to the manifest is as visible as damage to
//! its files: a last line `,"sha256":"<digits>"}` and a line feed, where the digits are the SHA-256
//! of every byte before that comma. To exclude malice as well, compare [`Manifest::digest`] with
//! a digest from a trusted source.
//!
//! Memory: names, shapes and digests are parsed straight into their final, bounded form, lists
//! stop at their limit, and the description has a limit of its own, because a parsed JSON value
//! takes many times its text.

mod members;
mod read;
mod strict;
mod top;
mod write;

use crate::fault::{ManifestFault, Measured, shorten};
use crate::manifest::{MANIFEST_FILE, VERSION};
use crate::validate::validate;
use crate::{About, Digest, FileEntry, Manifest, PackageError, Tensors, limits};

const SEAL_HEAD: &[u8] = b",\"sha256\":\"";
const SEAL_TAIL: &[u8] = b"\"}\n";
const SEAL_BYTES: usize = SEAL_HEAD.len() + 64 + SEAL_TAIL.len();

impl Manifest {
    /// Parses and validates a manifest. Memory stays within a small multiple of `bytes`.
    pub fn parse(bytes: &[u8]) -> Result<Self, PackageError> {
        check_size(bytes.len())?;
        let (body, stated) = unseal(bytes).ok_or(ManifestFault::Unsealed)?;
        let digest = Digest::of(body);
        if stated != digest {
            return Err(PackageError::Tampered {
                file: MANIFEST_FILE.to_owned(),
                chunk: 0,
            });
        }
        parse_sealed(bytes, digest)
    }

    /// Validates the parts and combines them into a manifest of the newest version.
    pub fn new(
        about: About,
        files: Vec<FileEntry>,
        tensors: Tensors,
    ) -> Result<Self, PackageError> {
        let mut manifest = Self {
            about,
            files,
            tensors,
            version: VERSION,
            digest: Digest::of(b""),
        };
        validate(&manifest)?;
        manifest.digest = Digest::of(&body(&manifest)?);
        Ok(manifest)
    }

    /// The text of a manifest of the newest version.
    ///
    /// # Panics
    /// If it was read from another version: its shards name their tensors otherwise.
    pub(crate) fn to_bytes(&self) -> Result<Vec<u8>, PackageError> {
        assert_eq!(self.version, VERSION, "the version that is written");
        validate(self)?;
        Ok(seal(body(self)?))
    }
}

/// Parses a manifest whose digest matched. Separate, so that the fuzzer gets past the digest.
pub(crate) fn parse_sealed(bytes: &[u8], digest: Digest) -> Result<Manifest, PackageError> {
    let manifest = top::parse(bytes, digest)?;
    validate(&manifest)?;
    Ok(manifest)
}

fn json(error: serde_json::Error) -> PackageError {
    let reason = shorten(&error.to_string());
    ManifestFault::Json { reason }.into()
}

fn check_size(bytes: usize) -> Result<(), PackageError> {
    let (limit, actual) = (limits::MANIFEST_BYTES, bytes as u64);
    if actual <= limit {
        return Ok(());
    }
    Err(PackageError::TooLarge {
        what: Measured::Manifest,
        limit,
        actual,
    })
}

/// Splits the text into the part before the seal and the digest that the seal states.
fn unseal(bytes: &[u8]) -> Option<(&[u8], Digest)> {
    let (body, seal) = bytes.split_at_checked(bytes.len().checked_sub(SEAL_BYTES)?)?;
    let hex = seal.strip_prefix(SEAL_HEAD)?.strip_suffix(SEAL_TAIL)?;
    Some((body, Digest::from_hex(hex)?))
}

/// Appends the digest.
fn seal(mut body: Vec<u8>) -> Vec<u8> {
    let digest = Digest::of(&body);
    body.extend(SEAL_HEAD);
    body.extend(digest.to_string().bytes());
    body.extend(SEAL_TAIL);
    body
}

/// The manifest's text up to its seal.
fn body(manifest: &Manifest) -> Result<Vec<u8>, PackageError> {
    let text = write::body(manifest)?;
    check_size(text.len() + SEAL_BYTES)?;
    Ok(text.into_bytes())
}
