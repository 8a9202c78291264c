//! Everything that the new package is made of, read and checked before it is written.

use std::path::Path;

use anyhow::{Context as _, bail};
use image2_package::{About, Component, Components, Vocabulary};

use super::source::Source;
use crate::args::Quantize;
use crate::failure::InputError;
use crate::names::shown;
use crate::text_file;

/// The contents of the new package.
pub struct Ingredients {
    pub about: About,
    /// Files without tensors, by name.
    pub files: Vec<(String, Vec<u8>)>,
    /// The components that have tensors.
    pub parts: Vec<(Component, Source)>,
}

impl Ingredients {
    pub fn gather(args: &Quantize) -> anyhow::Result<Self> {
        let base = args.source.as_deref().map(Source::open).transpose()?;
        let upscaler = args.upscaler.as_deref().map(Source::open).transpose()?;
        let about = match &args.about {
            Some(path) => read_about(path)?,
            None => combined(base.as_ref(), upscaler.as_ref())?,
        };
        let mut files = match &base {
            Some(base) => base.files()?,
            None => Vec::new(),
        };
        for path in &args.files {
            files.push(read_file(path)?);
        }
        check_files(&about, &files)?;
        let parts = assign(&about, base, upscaler)?;
        Ok(Self {
            about,
            files,
            parts,
        })
    }
}

/// The description of a package from those of the sources: the base's, with the other's upscaler.
fn combined(base: Option<&Source>, upscaler: Option<&Source>) -> anyhow::Result<About> {
    let [base, other] = [base, upscaler].map(|source| {
        let Some(source) = source else {
            return Ok(None);
        };
        let Some(package) = source.package() else {
            bail!("a checkpoint does not say what it is: give --about FILE")
        };
        Ok(Some(&package.manifest().about))
    });
    let (base, other) = (base?, other?);
    let upscaler = other.and_then(|about| about.components.upscaler.clone());
    match (base, other) {
        (Some(base), _) => {
            let mut about = base.clone();
            about.components.upscaler = upscaler.or(about.components.upscaler);
            Ok(about)
        }
        (None, Some(other)) => Ok(About {
            components: Components {
                upscaler,
                ..Components::default()
            },
            knows: None,
            notices: None,
            ..other.clone()
        }),
        (None, None) => bail!("give a SOURCE, or an upscaler by --upscaler"),
    }
}

/// The source of each described component that has tensors.
fn assign(
    about: &About,
    base: Option<Source>,
    upscaler: Option<Source>,
) -> anyhow::Result<Vec<(Component, Source)>> {
    // The base's upscaler is used unless another one is given. A checkpoint is a denoiser's.
    let own = base.as_ref().and_then(Source::package).cloned();
    let own = own.map(|package| Source::Package(Box::new(package)));
    let mut parts = Vec::new();
    for (component, source) in [
        (Component::Denoiser, base),
        (Component::Upscaler, upscaler.or(own)),
    ] {
        let described = about.components.network(component).is_some();
        match source.filter(|source| source.has(component)) {
            Some(source) if described => parts.push((component, source)),
            None if described => bail!("the description has a {component}, but no source has one"),
            Some(Source::Checkpoint(_)) => {
                bail!("the description has no {component}: describe it in --about FILE")
            }
            // A part of a package may be left out.
            Some(Source::Package(_)) | None => {}
        }
    }
    Ok(parts)
}

/// Refuses a description that names files which are not there, and a broken vocabulary.
fn check_files(about: &About, files: &[(String, Vec<u8>)]) -> anyhow::Result<()> {
    let find = |name: &str| {
        let file = files.iter().find(|(known, _)| known == name);
        let file = file.map(|(_, content)| content);
        file.with_context(|| format!("the package needs the file {name:?}: give it by --with FILE"))
    };
    if let Some(text) = &about.components.text {
        find(&text.tokenizer.file)?;
    }
    if let Some(notices) = &about.notices {
        find(notices)?;
    }
    if let Some(name) = about
        .knows
        .as_ref()
        .and_then(|knows| knows.vocabulary.as_ref())
    {
        Vocabulary::parse(name, find(name)?)?;
    }
    Ok(())
}

fn read_about(path: &Path) -> Result<About, InputError> {
    let text = text_file::read(path)?;
    serde_json::from_str(&text.content).map_err(|error| InputError::Invalid {
        place: text.name,
        reason: error.to_string(),
    })
}

fn read_file(path: &Path) -> anyhow::Result<(String, Vec<u8>)> {
    let name = path.file_name().and_then(std::ffi::OsStr::to_str);
    let name = name.with_context(|| {
        let path = shown(path);
        format!("cannot add {path}: a package's files have names of ASCII letters and digits")
    })?;
    let content = std::fs::read(path).map_err(|source| InputError::Unreadable {
        name: shown(path),
        source,
    })?;
    Ok((name.to_owned(), content))
}
