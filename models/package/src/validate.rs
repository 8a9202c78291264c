//! Every rule of the manifest that its types do not already enforce, in one place for readers and
//! writers. The rules of the description are in `about`.

mod about;

use std::ops::RangeInclusive;

use crate::fault::{ManifestFault, Measured, Rule, shorten};
use crate::manifest::{MANIFEST_FILE, SHARD_ENDING};
use crate::{Component, FileEntry, Format, Layout, Manifest, PackageError, TensorEntry, limits};

/// Checks every rule that needs only the manifest itself.
pub(crate) fn validate(manifest: &Manifest) -> Result<(), PackageError> {
    about::validate(manifest)?;
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
    let names = files.iter().map(|file| file.name.to_ascii_lowercase());
    Ok(once_each(names.collect())?)
}

fn once_each(mut names: Vec<String>) -> Result<(), ManifestFault> {
    names.sort_unstable();
    match names.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(twice) => Err(ManifestFault::Repeated {
            name: shorten(&twice[0]),
        }),
        None => Ok(()),
    }
}

fn validate_tensors(manifest: &Manifest) -> Result<(), PackageError> {
    for component in Component::ALL {
        let network = manifest.about.components.network(component);
        let holds = network.is_some() || manifest.tensors[component].is_empty();
        ensure(holds, || ManifestFault::NoNetwork { component })?;
    }
    let count = manifest.tensors.iter().count() as u64;
    at_most(Measured::Tensors, limits::TENSORS as u64, count)?;
    let mut used_bytes = vec![0_u64; manifest.files.len()];
    for (component, name, tensor) in manifest.tensors.iter() {
        validate_tensor(name, tensor)?;
        let name = manifest.entry_name(component, name);
        ensure(
            manifest.version > 1 || tensor.layout != Layout::Ohwi,
            || storage(&name, tensor),
        )?;
        let file = manifest.files.get(tensor.file as usize);
        let is_shard = file.is_some_and(|file| file.name.ends_with(SHARD_ENDING));
        ensure(is_shard, || ManifestFault::NoShard {
            tensor: name,
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
        Layout::Ohwi => rank == 4,
        Layout::Plain => rank >= 1 && matches!(tensor.format, Format::F16 | Format::F32),
    };
    let empty = tensor.shape.dims().contains(&0);
    ensure(fits && !empty, || storage(name, tensor))
}

fn storage(name: &str, tensor: &TensorEntry) -> ManifestFault {
    ManifestFault::Storage {
        tensor: name.to_owned(),
        shape: tensor.shape,
        format: tensor.format,
        layout: tensor.layout,
    }
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
