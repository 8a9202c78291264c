//! Every rule of the manifest that its types do not already enforce, in one place for readers and
//! writers.

use crate::manifest::{MANIFEST_FILE, SHARD_ENDING};
use crate::{FileEntry, Format, Layout, Manifest, PackageError, TensorEntry, limits};

/// Every rule that needs only the manifest itself.
pub(crate) fn check(manifest: &Manifest) -> Result<(), PackageError> {
    check_about(manifest)?;
    check_files(&manifest.files)?;
    check_tensors(manifest)
}

fn rule(holds: bool, broken: impl FnOnce() -> String) -> Result<(), PackageError> {
    if holds {
        Ok(())
    } else {
        Err(PackageError::Manifest { reason: broken() })
    }
}

pub(crate) fn check_config(text: &str) -> Result<(), PackageError> {
    if text.len() <= limits::CONFIG_BYTES {
        return Ok(());
    }
    let (limit, actual) = (limits::CONFIG_BYTES as u64, text.len() as u64);
    Err(PackageError::too_large(
        "config in manifest.json",
        limit,
        actual,
    ))
}

fn check_about(manifest: &Manifest) -> Result<(), PackageError> {
    let about = &manifest.about;
    check_config(&about.config.to_string())?;
    for (field, slug) in [
        ("name", &about.name),
        ("architecture", &about.architecture),
        ("tokenizer.kind", &about.tokenizer.kind),
    ] {
        let plain = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || b"-._".contains(&c);
        rule(
            is_file_name(slug) && slug.len() <= 64 && slug.bytes().all(plain),
            || format!("{field} is {}, not a short name", shorten(slug)),
        )?;
    }
    for (field, text) in [("title", &about.title), ("licence", &about.licence)] {
        rule(
            !text.is_empty()
                && text.len() <= limits::TEXT_BYTES
                && !text.contains(char::is_control),
            || format!("{field} is {}, not a line of text", shorten(text)),
        )?;
    }
    let [low, high] = about.picture.range;
    rule(low.is_finite() && high.is_finite() && low < high, || {
        format!("picture.range is {low} to {high}")
    })?;
    let noise = about.picture.noise_scale;
    rule(noise.is_finite() && noise > 0.0, || {
        format!("picture.noise_scale is {noise}")
    })?;

    let sampler = &about.sampler;
    rule((1..=limits::STEPS).contains(&sampler.steps), || {
        format!(
            "sampler.steps is {}, not 1 to {}",
            sampler.steps,
            limits::STEPS
        )
    })?;
    rule((0.0..=100.0).contains(&sampler.guidance), || {
        format!("sampler.guidance is {}, not 0 to 100", sampler.guidance)
    })?;
    let [from, to] = sampler.guidance_interval;
    rule(0.0 <= from && from <= to && to <= 1.0, || {
        format!("sampler.guidance_interval is {from} to {to}, not within 0 to 1")
    })?;
    rule(
        (1..=limits::TOKENS).contains(&about.tokenizer.length),
        || {
            format!(
                "tokenizer.length is {}, not 1 to {}",
                about.tokenizer.length,
                limits::TOKENS
            )
        },
    )?;
    for (field, file) in [
        ("tokenizer.file", Some(&about.tokenizer.file)),
        ("notices", about.notices.as_ref()),
    ] {
        if let Some(file) = file {
            rule(manifest.file(file).is_some(), || {
                format!("{field} names {}, which files does not list", shorten(file))
            })?;
        }
    }
    Ok(())
}

fn check_files(files: &[FileEntry]) -> Result<(), PackageError> {
    if files.len() > limits::FILES {
        let (limit, actual) = (limits::FILES as u64, files.len() as u64);
        return Err(PackageError::too_large(
            "the number of files",
            limit,
            actual,
        ));
    }
    for file in files {
        let name = &file.name;
        rule(is_file_name(name), || {
            format!("{} is not a file name", shorten(name))
        })?;
        rule(!name.eq_ignore_ascii_case(MANIFEST_FILE), || {
            format!("{name} lists itself")
        })?;
        if file.size_bytes > limits::FILE_BYTES {
            return Err(PackageError::too_large(
                name,
                limits::FILE_BYTES,
                file.size_bytes,
            ));
        }
        let range = limits::CHUNK_BYTES_MIN..=limits::CHUNK_BYTES_MAX;
        rule(range.contains(&file.chunk_bytes), || {
            format!(
                "chunks of {name} have {} bytes, not {range:?}",
                file.chunk_bytes
            )
        })?;
        let expected = file.size_bytes.div_ceil(file.chunk_bytes);
        rule(file.chunks.len() as u64 == expected, || {
            format!(
                "{name} has {expected} chunks, but {} digests",
                file.chunks.len()
            )
        })?;
    }
    // Without regard to case, as on the file systems of Windows and macOS.
    let mut names: Vec<String> = files
        .iter()
        .map(|file| file.name.to_ascii_lowercase())
        .collect();
    names.sort_unstable();
    match names.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(twice) => Err(PackageError::manifest(format!(
            "{} is listed twice",
            twice[0]
        ))),
        None => Ok(()),
    }
}

fn check_tensors(manifest: &Manifest) -> Result<(), PackageError> {
    if manifest.tensors.len() > limits::TENSORS {
        let (limit, actual) = (limits::TENSORS as u64, manifest.tensors.len() as u64);
        return Err(PackageError::too_large(
            "the number of tensors",
            limit,
            actual,
        ));
    }
    let mut used_bytes = vec![0_u64; manifest.files.len()];
    for (name, tensor) in &manifest.tensors {
        check_tensor(name, tensor)?;
        let file = manifest.files.get(tensor.file as usize);
        rule(
            file.is_some_and(|file| file.name.ends_with(SHARD_ENDING)),
            || {
                format!(
                    "tensor {name} lies in file {}, which is no shard",
                    tensor.file
                )
            },
        )?;
        used_bytes[tensor.file as usize] += tensor.stored_bytes();
    }
    for (file, used) in manifest.files.iter().zip(used_bytes) {
        rule(used <= file.size_bytes, || {
            format!(
                "{} has {} bytes for {used} bytes of tensors",
                file.name, file.size_bytes
            )
        })?;
    }
    Ok(())
}

/// The rules of one tensor alone.
pub(crate) fn check_tensor(name: &str, tensor: &TensorEntry) -> Result<(), PackageError> {
    rule(is_tensor_name(name), || {
        format!("{} is not a tensor name", shorten(name))
    })?;
    let rank = tensor.shape.rank();
    let fits = match tensor.layout {
        Layout::Blocks => rank >= 2,
        Layout::Plain => rank >= 1 && matches!(tensor.format, Format::F16 | Format::F32),
    };
    rule(fits && !tensor.shape.dims().contains(&0), || {
        let (format, layout, shape) = (tensor.format, tensor.layout, tensor.shape);
        format!("tensor {name} of shape {shape} cannot be {format:?} as {layout:?}")
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

/// Visible ASCII without quotes and escapes; what the safetensors header adds is kept free.
pub(crate) fn is_tensor_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= limits::TENSOR_NAME_BYTES
        && name
            .bytes()
            .all(|c| c.is_ascii_graphic() && !b"\"\\".contains(&c))
        && !name.starts_with("__")
        && !name.ends_with(".scales")
}

/// A text from a file, cut for an error message.
pub(crate) fn shorten(text: &str) -> String {
    let mut short: String = text.chars().take(80).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    format!("{short:?}")
}
