//! Every rule of the manifest that its types do not already enforce, in one place for readers and
//! writers.

use std::ops::RangeInclusive;

use crate::fault::{ManifestFault, Measured, Rule, shorten};
use crate::manifest::{MANIFEST_FILE, SHARD_ENDING};
use crate::{FileEntry, Format, Layout, Manifest, PackageError, TensorEntry, limits};

/// Checks every rule that needs only the manifest itself.
pub(crate) fn validate(manifest: &Manifest) -> Result<(), PackageError> {
    validate_about(manifest)?;
    validate_sampler(manifest)?;
    validate_files(&manifest.files)?;
    validate_tensors(manifest)
}

fn ensure(holds: bool, broken: impl FnOnce() -> ManifestFault) -> Result<(), ManifestFault> {
    if holds { Ok(()) } else { Err(broken()) }
}

/// A rule for one value.
fn value(field: &str, found: impl ToString, holds: bool, rule: Rule) -> Result<(), ManifestFault> {
    ensure(holds, || ManifestFault::Value {
        field: field.to_owned(),
        found: shorten(&found.to_string()),
        rule,
    })
}

fn between(field: &str, found: u64, range: RangeInclusive<u64>) -> Result<(), ManifestFault> {
    let (low, high) = (*range.start(), *range.end());
    value(
        field,
        found,
        range.contains(&found),
        Rule::Between { low, high },
    )
}

fn at_most(what: Measured, limit: u64, actual: u64) -> Result<(), PackageError> {
    if actual <= limit {
        return Ok(());
    }
    Err(PackageError::TooLarge {
        what,
        limit,
        actual,
    })
}

pub(crate) fn validate_config(text: &str) -> Result<(), PackageError> {
    at_most(
        Measured::Config,
        limits::CONFIG_BYTES as u64,
        text.len() as u64,
    )
}

fn validate_about(manifest: &Manifest) -> Result<(), PackageError> {
    let about = &manifest.about;
    validate_config(&about.config.to_string())?;
    for (field, name) in [
        ("name", &about.name),
        ("architecture", &about.architecture),
        ("tokenizer.kind", &about.tokenizer.kind),
    ] {
        let plain = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || b"-._".contains(&c);
        let holds = is_file_name(name) && name.len() <= 64 && name.bytes().all(plain);
        value(field, name, holds, Rule::ShortName)?;
    }
    for (field, text) in [("title", &about.title), ("licence", &about.licence)] {
        let holds = !text.is_empty()
            && text.len() <= limits::TEXT_BYTES
            && !text.contains(char::is_control);
        value(field, text, holds, Rule::Line)?;
    }
    let [low, high] = about.picture.range;
    let ascending = low.is_finite() && high.is_finite() && low < high;
    value(
        "picture.range",
        format!("{low} to {high}"),
        ascending,
        Rule::Ascending,
    )?;
    let noise = about.picture.noise_scale;
    let positive = noise.is_finite() && noise > 0.0;
    value("picture.noise_scale", noise, positive, Rule::Positive)?;
    let length = u64::from(about.tokenizer.length);
    between("tokenizer.length", length, 1..=u64::from(limits::TOKENS))?;
    for (field, file) in [
        ("tokenizer.file", Some(&about.tokenizer.file)),
        ("notices", about.notices.as_ref()),
    ] {
        if let Some(file) = file {
            ensure(manifest.file(file).is_some(), || ManifestFault::Unlisted {
                field: field.to_owned(),
                file: shorten(file),
            })?;
        }
    }
    Ok(())
}

fn validate_sampler(manifest: &Manifest) -> Result<(), ManifestFault> {
    let sampler = &manifest.about.sampler;
    let steps = u64::from(sampler.steps);
    between("sampler.steps", steps, 1..=u64::from(limits::STEPS))?;
    let (low, high) = (0, limits::GUIDANCE);
    let guidance = sampler.guidance;
    let holds = (0.0..=high as f32).contains(&guidance);
    value(
        "sampler.guidance",
        guidance,
        holds,
        Rule::Between { low, high },
    )?;
    let [from, to] = sampler.guidance_interval;
    let holds = 0.0 <= from && from <= to && to <= 1.0;
    let found = format!("{from} to {to}");
    value(
        "sampler.guidance_interval",
        found,
        holds,
        Rule::UnitInterval,
    )
}

fn validate_files(files: &[FileEntry]) -> Result<(), PackageError> {
    at_most(Measured::Files, limits::FILES as u64, files.len() as u64)?;
    for file in files {
        let name = &file.name;
        let holds = is_file_name(name) && !name.eq_ignore_ascii_case(MANIFEST_FILE);
        value("files.name", name, holds, Rule::FileName)?;
        let measured = || Measured::File { file: name.clone() };
        at_most(measured(), limits::FILE_BYTES, file.size_bytes)?;
        let range = limits::CHUNK_BYTES_MIN..=limits::CHUNK_BYTES_MAX;
        between(
            &format!("files.{name}.chunk_bytes"),
            file.chunk_bytes,
            range,
        )?;
        let (expected, found) = (
            file.size_bytes.div_ceil(file.chunk_bytes),
            file.chunks.len() as u64,
        );
        ensure(found == expected, || ManifestFault::Chunks {
            file: name.clone(),
            expected,
            found,
        })?;
    }
    // Without regard to case, as on the file systems of Windows and macOS.
    let mut names: Vec<String> = files
        .iter()
        .map(|file| file.name.to_ascii_lowercase())
        .collect();
    names.sort_unstable();
    match names.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(twice) => Err(ManifestFault::Repeated {
            name: twice[0].clone(),
        }
        .into()),
        None => Ok(()),
    }
}

fn validate_tensors(manifest: &Manifest) -> Result<(), PackageError> {
    let count = manifest.tensors.len() as u64;
    at_most(Measured::Tensors, limits::TENSORS as u64, count)?;
    let mut used_bytes = vec![0_u64; manifest.files.len()];
    for (name, tensor) in &manifest.tensors {
        validate_tensor(name, tensor)?;
        let file = manifest.files.get(tensor.file as usize);
        let is_shard = file.is_some_and(|file| file.name.ends_with(SHARD_ENDING));
        ensure(is_shard, || ManifestFault::NoShard {
            tensor: name.clone(),
            index: tensor.file,
        })?;
        used_bytes[tensor.file as usize] += tensor.stored_bytes();
    }
    for (file, used_bytes) in manifest.files.iter().zip(used_bytes) {
        ensure(used_bytes <= file.size_bytes, || ManifestFault::Overfull {
            file: file.name.clone(),
            size_bytes: file.size_bytes,
            used_bytes,
        })?;
    }
    Ok(())
}

/// The rules of one tensor alone.
pub(crate) fn validate_tensor(name: &str, tensor: &TensorEntry) -> Result<(), ManifestFault> {
    value("tensors", name, is_tensor_name(name), Rule::TensorName)?;
    let rank = tensor.shape.rank();
    let fits = match tensor.layout {
        Layout::Blocks => rank >= 2,
        Layout::Plain => rank >= 1 && matches!(tensor.format, Format::F16 | Format::F32),
    };
    let empty = tensor.shape.dims().contains(&0);
    ensure(fits && !empty, || ManifestFault::Storage {
        tensor: name.to_owned(),
        shape: tensor.shape,
        format: tensor.format,
        layout: tensor.layout,
    })
}

/// Plain ASCII, no separator, no leading dot or dash: safe in every path, address and command.
pub(crate) fn is_file_name(name: &str) -> bool {
    let plain = |c: u8| c.is_ascii_alphanumeric() || b"-._".contains(&c);
    name.len() <= limits::FILE_NAME_BYTES
        && name.bytes().all(plain)
        && name
            .bytes()
            .next()
            .is_some_and(|first| first.is_ascii_alphanumeric())
}

/// Visible ASCII without quotation marks and backslashes; names of scales and of metadata are
/// reserved.
fn is_tensor_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= limits::TENSOR_NAME_BYTES
        && name
            .bytes()
            .all(|c| c.is_ascii_graphic() && !b"\"\\".contains(&c))
        && !name.starts_with("__")
        && !name.ends_with(".scales")
}
