//! Writes the text of the newest version.

use serde::Serialize;

use super::json;
use crate::FORMAT_NAME;
use crate::manifest::VERSION;
use crate::{Component, Components, Manifest, PackageError};

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
    let mut present = Component::ALL.to_vec();
    present.retain(|component| !manifest.tensors[*component].is_empty());
    let tensors = present.into_iter().map(|component| {
        let of = manifest.tensors[component].iter();
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
