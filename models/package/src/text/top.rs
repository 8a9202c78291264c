//! Reads the members of the whole text, of any version.
//!
//! Version 1 described one network at the top, and its tokenizer. They became the components
//! `denoiser` and `text`.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::members::Members;
use super::strict::Strict;
use super::{json, read};
use crate::FORMAT_NAME;
use crate::about::{Denoiser, Text};
use crate::bounded::{List, Map, Pairs};
use crate::fault::{ManifestFault, Measured, shorten};
use crate::manifest::VERSION;
use crate::{
    About, Component, Components, Digest, FileEntry, Manifest, PackageError, TensorEntry, Tensors,
    limits,
};

/// More members than any version has.
const MEMBERS: usize = 32;

type Entries = Map<String, TensorEntry, { limits::TENSORS }>;

/// The members whose values are not parsed yet, by name.
type Top<'a> = Pairs<&'a RawValue, MEMBERS>;

/// Not yet validated.
pub(super) fn parse(bytes: &[u8], digest: Digest) -> Result<Manifest, PackageError> {
    let mut top: Top<'_> = of_text(bytes)?;
    let format: String = of_member(&top, "format")?;
    if format != FORMAT_NAME {
        let found = shorten(&format);
        return Err(ManifestFault::Format { found }.into());
    }
    let version: u64 = of_member(&top, "version")?;
    if !(1..=VERSION).contains(&version) {
        let (found, supported) = (version, VERSION);
        return Err(PackageError::Version { found, supported });
    }
    let List(files) = of_member::<List<FileEntry, { limits::FILES }>>(&top, "files")?;
    let mut tensors = Tensors::default();
    match version {
        1 => tensors[Component::Denoiser] = of_member::<Entries>(&top, "tensors")?.0,
        _ => by_component(&top, &mut tensors)?,
    }
    let read = ["format", "version", "files", "tensors", "sha256"];
    top.0.retain(|(name, _)| !read.contains(&name.as_str()));
    let mut members = small(top)?;
    let about = match version {
        1 => version_1(&mut members)?,
        _ => read::about(&mut members)?,
    };
    members.end()?;
    Ok(Manifest {
        about,
        files,
        tensors,
        version,
        digest,
    })
}

fn by_component(top: &Top<'_>, tensors: &mut Tensors) -> Result<(), PackageError> {
    type Groups = Pairs<Entries, { Component::ALL.len() }>;
    let Pairs(groups) = of_member::<Groups>(top, "tensors")?;
    for (name, Map(group)) in groups {
        let component = Component::ALL.into_iter().find(|it| it.name() == name);
        let unknown = || ManifestFault::Json {
            reason: format!("tensors.{} is unknown", shorten(&name)),
        };
        tensors[component.ok_or_else(unknown)?] = group;
    }
    Ok(())
}

/// The values of the other members: parsed, a JSON value takes many times its text, so its size is
/// checked before.
fn small(top: Top<'_>) -> Result<Members, PackageError> {
    let sizes = top.0.iter().map(|(_, value)| value.get().len());
    let size_bytes: usize = sizes.sum();
    if size_bytes > limits::ABOUT_BYTES {
        return Err(PackageError::TooLarge {
            what: Measured::About,
            limit: limits::ABOUT_BYTES as u64,
            actual: size_bytes as u64,
        });
    }
    let mut members = Vec::new();
    for (name, value) in top.0 {
        let Strict(value) = of_text(value.get().as_bytes())?;
        members.push((name, value));
    }
    Ok(Members::top(members))
}

fn version_1(members: &mut Members) -> Result<About, PackageError> {
    let mut picture = members.object("picture")?;
    let noise_scale = picture.number("noise_scale")?;
    let denoiser = Denoiser {
        architecture: members.text("architecture")?,
        config: members.value("config")?,
        picture: read::picture(picture)?,
        noise_scale,
        sizes: None,
        sampler: read::sampler(members.object("sampler")?, false)?,
    };
    let tokenizer = read::tokenizer(members.object("tokenizer")?)?;
    Ok(About {
        name: members.text("name")?,
        title: members.text("title")?,
        licence: members.text("licence")?,
        notices: members.optional_text("notices")?,
        components: Components {
            denoiser: Some(denoiser),
            text: Some(Text { tokenizer }),
            upscaler: None,
        },
        knows: None,
    })
}

fn of_member<'a, T: Deserialize<'a>>(top: &Top<'a>, name: &str) -> Result<T, PackageError> {
    let missing = || ManifestFault::Json {
        reason: format!("{name} is missing"),
    };
    let found = top.0.iter().find(|(known, _)| known == name);
    let value: &'a RawValue = found.ok_or_else(missing)?.1;
    of_text(value.get().as_bytes())
}

fn of_text<'a, T: Deserialize<'a>>(text: &'a [u8]) -> Result<T, PackageError> {
    serde_json::from_slice(text).map_err(json)
}
