//! The text of version 2: components, and tensors by component.

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{Files, Tensors, json};
use crate::FORMAT_NAME;
use crate::bounded::Map;
use crate::knows::Knows;
use crate::manifest::VERSION;
use crate::validate::validate_config;
use crate::{About, Component, Components, Digest, Manifest, PackageError};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    #[serde(rename = "format")]
    _format: IgnoredAny,
    #[serde(rename = "version")]
    _version: u64,
    name: String,
    title: String,
    licence: String,
    #[serde(default)]
    notices: Option<String>,
    components: Components,
    #[serde(default)]
    knows: Option<Knows>,
    files: Files,
    tensors: Map<Component, Tensors, { Component::ALL.len() }>,
    #[serde(rename = "sha256")]
    _sha256: Digest,
}

/// The values of free form, whose size is checked before they are parsed.
#[derive(Deserialize)]
struct Probe<'a> {
    #[serde(borrow)]
    components: Configs<'a>,
}

#[derive(Deserialize)]
struct Configs<'a> {
    #[serde(borrow)]
    denoiser: Option<Config<'a>>,
    #[serde(borrow)]
    upscaler: Option<Config<'a>>,
}

#[derive(Deserialize)]
struct Config<'a> {
    #[serde(borrow)]
    config: Option<&'a RawValue>,
}

/// Not yet validated.
pub(super) fn parse(bytes: &[u8], digest: Digest) -> Result<Manifest, PackageError> {
    let Probe { components } = serde_json::from_slice(bytes).map_err(json)?;
    for network in [components.denoiser, components.upscaler] {
        if let Some(config) = network.and_then(|network| network.config) {
            validate_config(config.get())?;
        }
    }
    let raw: Raw = serde_json::from_slice(bytes).map_err(json)?;
    let tensors = raw.tensors.0.into_iter();
    Ok(Manifest {
        about: About {
            name: raw.name,
            title: raw.title,
            licence: raw.licence,
            notices: raw.notices,
            components: raw.components,
            knows: raw.knows,
        },
        files: raw.files.0,
        tensors: tensors.map(|(component, of)| (component, of.0)).collect(),
        version: 2,
        digest,
    })
}

/// The text up to its last line: a line each for every field, component, file and tensor.
pub(super) fn body(manifest: &Manifest) -> Result<String, PackageError> {
    let about = &manifest.about;
    let mut text = format!("{{\"format\":\"{FORMAT_NAME}\",\n\"version\":{VERSION}");
    for (key, value) in [
        ("name", text_of(&about.name)?),
        ("title", text_of(&about.title)?),
        ("licence", text_of(&about.licence)?),
        ("notices", text_of(&about.notices)?),
    ] {
        text += &format!(",\n\"{key}\":{value}");
    }
    let Components {
        denoiser,
        text: reader,
        upscaler,
    } = &about.components;
    let components = [
        denoiser.as_ref().map(text_of).transpose()?,
        reader.as_ref().map(text_of).transpose()?,
        upscaler.as_ref().map(text_of).transpose()?,
    ];
    let named = Component::ALL.into_iter().zip(components);
    let present = named.filter_map(|(component, value)| Some((component, value?)));
    text += ",\n\"components\":";
    text += &object(present.map(|(component, value)| Ok((component.to_string(), value))))?;
    if let Some(knows) = &about.knows {
        text += &format!(",\n\"knows\":{}", text_of(knows)?);
    }
    let files: Result<Vec<_>, _> = manifest.files.iter().map(text_of).collect();
    text += &format!(",\n\"files\":[\n{}]", files?.join(",\n"));
    let tensors = manifest.tensors.iter().map(|(component, tensors)| {
        let of = tensors.iter();
        let tensors = object(of.map(|(name, tensor)| Ok((name.clone(), text_of(tensor)?))))?;
        Ok((component.to_string(), tensors))
    });
    text += &format!(",\n\"tensors\":{}\n", object(tensors)?);
    Ok(text)
}

/// A JSON object, a line each for its members.
fn object(
    members: impl Iterator<Item = Result<(String, String), PackageError>>,
) -> Result<String, PackageError> {
    let members: Result<Vec<_>, PackageError> = members
        .map(|member| {
            let (key, value) = member?;
            Ok(format!("{}:{value}", text_of(&key)?))
        })
        .collect();
    Ok(format!("{{\n{}}}", members?.join(",\n")))
}

fn text_of(value: &impl Serialize) -> Result<String, PackageError> {
    serde_json::to_string(value).map_err(json)
}
