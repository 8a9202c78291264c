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
//! stop at their limit, and the one value of free form, `config`, has a limit of its own, because
//! a parsed JSON value takes many times its text.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::fault::{ManifestFault, Measured, shorten};
use crate::manifest::{About, FORMAT_NAME, MANIFEST_FILE, Picture, Sampler, Tokenizer, VERSION};
use crate::validate::{validate, validate_config};
use crate::{Digest, FileEntry, Manifest, PackageError, TensorEntry, limits};

const SEAL_HEAD: &[u8] = b",\"sha256\":\"";
const SEAL_TAIL: &[u8] = b"\"}\n";
const SEAL_BYTES: usize = SEAL_HEAD.len() + 64 + SEAL_TAIL.len();

/// The members of the text.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw<'a> {
    #[expect(dead_code, reason = "validated before, as `Probe`")]
    format: &'a RawValue,
    #[expect(dead_code, reason = "validated before, as `Probe`")]
    version: u64,
    name: String,
    title: String,
    architecture: String,
    #[serde(borrow)]
    config: &'a RawValue,
    picture: Picture,
    tokenizer: Tokenizer,
    sampler: Sampler,
    licence: String,
    #[serde(default)]
    notices: Option<String>,
    files: Files,
    tensors: Tensors,
    #[expect(dead_code, reason = "compared before, over the text")]
    sha256: Digest,
}

/// The members that every version has.
#[derive(serde::Deserialize)]
struct Probe {
    format: String,
    version: u64,
}

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

    /// Validates the parts and combines them.
    pub fn new(
        about: About,
        files: Vec<FileEntry>,
        tensors: BTreeMap<String, TensorEntry>,
    ) -> Result<Self, PackageError> {
        let mut manifest = Self {
            about,
            files,
            tensors,
            digest: Digest::of(b""),
        };
        validate(&manifest)?;
        manifest.digest = Digest::of(&body(&manifest)?);
        Ok(manifest)
    }

    /// The manifest's text.
    pub fn to_bytes(&self) -> Result<Vec<u8>, PackageError> {
        validate(self)?;
        Ok(seal(body(self)?))
    }
}

/// Parses a manifest whose digest matched. Separate, so that the fuzzer gets past the digest.
pub(crate) fn parse_sealed(bytes: &[u8], digest: Digest) -> Result<Manifest, PackageError> {
    let probe: Probe = serde_json::from_slice(bytes).map_err(json)?;
    if probe.format != FORMAT_NAME {
        let found = shorten(&probe.format);
        return Err(ManifestFault::Format { found }.into());
    }
    if probe.version != VERSION {
        return Err(PackageError::Version {
            found: probe.version,
            supported: VERSION,
        });
    }
    let raw: Raw = serde_json::from_slice(bytes).map_err(json)?;
    validate_config(raw.config.get())?;
    let config = serde_json::from_str(raw.config.get()).map_err(json)?;
    let about = About {
        name: raw.name,
        title: raw.title,
        architecture: raw.architecture,
        config,
        picture: raw.picture,
        tokenizer: raw.tokenizer,
        sampler: raw.sampler,
        licence: raw.licence,
        notices: raw.notices,
    };
    let manifest = Manifest {
        about,
        files: raw.files.0,
        tensors: raw.tensors.0,
        digest,
    };
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

/// The manifest's text up to its last line: a line each for every field, file and tensor.
fn body(manifest: &Manifest) -> Result<Vec<u8>, PackageError> {
    fn text_of(value: &impl serde::Serialize) -> Result<String, PackageError> {
        serde_json::to_string(value).map_err(json)
    }
    let about = &manifest.about;
    let mut text = format!("{{\"format\":\"{FORMAT_NAME}\",\n\"version\":{VERSION}");
    for (key, value) in [
        ("name", text_of(&about.name)?),
        ("title", text_of(&about.title)?),
        ("architecture", text_of(&about.architecture)?),
        ("config", text_of(&about.config)?),
        ("picture", text_of(&about.picture)?),
        ("tokenizer", text_of(&about.tokenizer)?),
        ("sampler", text_of(&about.sampler)?),
        ("licence", text_of(&about.licence)?),
        ("notices", text_of(&about.notices)?),
    ] {
        text += &format!(",\n\"{key}\":{value}");
    }
    text += ",\n\"files\":[";
    for (i, file) in manifest.files.iter().enumerate() {
        text += if i == 0 { "\n" } else { ",\n" };
        text += &text_of(file)?;
    }
    text += "],\n\"tensors\":{";
    for (i, (name, tensor)) in manifest.tensors.iter().enumerate() {
        text += if i == 0 { "\n" } else { ",\n" };
        text += &format!("{}:{}", text_of(name)?, text_of(tensor)?);
    }
    text += "}\n";
    check_size(text.len() + SEAL_BYTES)?;
    Ok(text.into_bytes())
}

struct Files(Vec<FileEntry>);

impl<'de> Deserialize<'de> for Files {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct List;
        impl<'de> Visitor<'de> for List {
            type Value = Files;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "at most {} files", limits::FILES)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Files, A::Error> {
                let mut files = Vec::new();
                while let Some(file) = seq.next_element()? {
                    if files.len() == limits::FILES {
                        return Err(de::Error::invalid_length(files.len() + 1, &self));
                    }
                    files.push(file);
                }
                Ok(Files(files))
            }
        }
        deserializer.deserialize_seq(List)
    }
}

struct Tensors(BTreeMap<String, TensorEntry>);

impl<'de> Deserialize<'de> for Tensors {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Tensors;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "at most {} tensors", limits::TENSORS)
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Tensors, A::Error> {
                let mut tensors = BTreeMap::new();
                while let Some((name, tensor)) = map.next_entry::<String, _>()? {
                    if tensors.len() == limits::TENSORS {
                        return Err(de::Error::invalid_length(tensors.len() + 1, &self));
                    }
                    // serde's own maps let the second value replace the first, and then two
                    // readers see two packages.
                    if tensors.contains_key(&name) {
                        let name = shorten(&name);
                        return Err(de::Error::custom(format_args!("{name:?} occurs twice")));
                    }
                    tensors.insert(name, tensor);
                }
                Ok(Tensors(tensors))
            }
        }
        deserializer.deserialize_map(Object)
    }
}
