//! The text of a manifest: parsing, writing and its seal.
//!
//! Memory: names, shapes and digests are parsed straight into their final, bounded form, lists
//! stop at their limit, and the one value of free form, `config`, has a limit of its own, because
//! a parsed JSON value takes many times its text.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::manifest::{About, FORMAT_NAME, MANIFEST_FILE, Picture, Sampler, Tokenizer, VERSION};
use crate::validate::{check, check_config, shorten};
use crate::{Digest, FileEntry, Manifest, PackageError, TensorEntry, limits};

const SEAL_HEAD: &[u8] = b",\"sha256\":\"";
const SEAL_TAIL: &[u8] = b"\"}\n";
const SEAL_BYTES: usize = SEAL_HEAD.len() + 64 + SEAL_TAIL.len();

/// The manifest as its text has it.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw<'a> {
    #[expect(dead_code, reason = "checked before, by `Probe`")]
    format: &'a RawValue,
    #[expect(dead_code, reason = "checked before, by `Probe`")]
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
    #[expect(dead_code, reason = "checked before, over the text")]
    sha256: Digest,
}

/// What every version of the manifest has.
#[derive(serde::Deserialize)]
struct Probe {
    format: String,
    version: u64,
}

pub(crate) fn parse(bytes: &[u8]) -> Result<Manifest, PackageError> {
    let size = bytes.len() as u64;
    if size > limits::MANIFEST_BYTES {
        return Err(PackageError::too_large(
            MANIFEST_FILE,
            limits::MANIFEST_BYTES,
            size,
        ));
    }
    let (body, stated) = unseal(bytes).ok_or_else(|| {
        PackageError::manifest("does not end with its digest: cut short, or not a package")
    })?;
    let digest = Digest::of(body);
    if stated != digest {
        return Err(PackageError::Tampered {
            file: MANIFEST_FILE.to_owned(),
            chunk: 0,
        });
    }
    parse_sealed(bytes, digest)
}

/// Parses a manifest whose digest is already known to match: apart, so that the fuzzer can reach
/// what lies behind the digest.
pub(crate) fn parse_sealed(bytes: &[u8], digest: Digest) -> Result<Manifest, PackageError> {
    let json = |error: serde_json::Error| PackageError::manifest(shorten(&error.to_string()));
    let probe: Probe = serde_json::from_slice(bytes).map_err(json)?;
    if probe.format != FORMAT_NAME {
        return Err(PackageError::manifest(format!(
            "format is {}, not {FORMAT_NAME}",
            shorten(&probe.format)
        )));
    }
    if probe.version != VERSION {
        return Err(PackageError::Version {
            found: probe.version,
            supported: VERSION,
        });
    }
    let raw: Raw = serde_json::from_slice(bytes).map_err(json)?;
    check_config(raw.config.get())?;
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
    check(&manifest)?;
    Ok(manifest)
}

fn unseal(bytes: &[u8]) -> Option<(&[u8], Digest)> {
    let (body, seal) = bytes.split_at_checked(bytes.len().checked_sub(SEAL_BYTES)?)?;
    let hex = seal.strip_prefix(SEAL_HEAD)?.strip_suffix(SEAL_TAIL)?;
    Some((body, Digest::from_hex(hex)?))
}

/// Closes a manifest's text with its digest.
pub(crate) fn seal(mut body: Vec<u8>) -> Vec<u8> {
    let digest = Digest::of(&body);
    body.extend(SEAL_HEAD);
    body.extend(digest.to_string().bytes());
    body.extend(SEAL_TAIL);
    body
}

/// The manifest's text up to its last line: a line each for every field, file and tensor.
pub(crate) fn body(manifest: &Manifest) -> Result<Vec<u8>, PackageError> {
    fn json(value: &impl serde::Serialize) -> Result<String, PackageError> {
        serde_json::to_string(value).map_err(|error| PackageError::manifest(error.to_string()))
    }
    let about = &manifest.about;
    let mut text = format!("{{\"format\":\"{FORMAT_NAME}\",\n\"version\":{VERSION}");
    for (key, value) in [
        ("name", json(&about.name)?),
        ("title", json(&about.title)?),
        ("architecture", json(&about.architecture)?),
        ("config", json(&about.config)?),
        ("picture", json(&about.picture)?),
        ("tokenizer", json(&about.tokenizer)?),
        ("sampler", json(&about.sampler)?),
        ("licence", json(&about.licence)?),
        ("notices", json(&about.notices)?),
    ] {
        text += &format!(",\n\"{key}\":{value}");
    }
    text += ",\n\"files\":[";
    for (i, file) in manifest.files.iter().enumerate() {
        text += if i == 0 { "\n" } else { ",\n" };
        text += &json(file)?;
    }
    text += "],\n\"tensors\":{";
    for (i, (name, tensor)) in manifest.tensors.iter().enumerate() {
        text += if i == 0 { "\n" } else { ",\n" };
        text += &format!("{}:{}", json(name)?, json(tensor)?);
    }
    text += "}\n";
    let size = (text.len() + SEAL_BYTES) as u64;
    if size > limits::MANIFEST_BYTES {
        return Err(PackageError::too_large(
            MANIFEST_FILE,
            limits::MANIFEST_BYTES,
            size,
        ));
    }
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
                        return Err(de::Error::custom(format_args!("{name} occurs twice")));
                    }
                    tensors.insert(name, tensor);
                }
                Ok(Tensors(tensors))
            }
        }
        deserializer.deserialize_map(Object)
    }
}
