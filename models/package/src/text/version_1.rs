//! The text of version 1: one network, described at the top, and its tokenizer. It became the
//! components `denoiser` and `text`.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use super::{Files, Tensors, json};
use crate::about::{Channels, Denoiser, Picture, Text, Tokenizer};
use crate::sampler::{Method, Sampler};
use crate::validate::validate_config;
use crate::{About, Component, Components, Digest, Manifest, PackageError};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw<'a> {
    #[serde(rename = "format")]
    _format: IgnoredAny,
    #[serde(rename = "version")]
    _version: u64,
    name: String,
    title: String,
    architecture: String,
    #[serde(borrow)]
    config: &'a RawValue,
    picture: NoisyPicture,
    tokenizer: Tokenizer,
    sampler: EvenSampler,
    licence: String,
    #[serde(default)]
    notices: Option<String>,
    files: Files,
    tensors: Tensors,
    #[serde(rename = "sha256")]
    _sha256: Digest,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NoisyPicture {
    channels: Channels,
    premultiplied: bool,
    range: [f32; 2],
    noise_scale: f32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EvenSampler {
    method: Method,
    steps: u32,
    guidance: f32,
    guidance_interval: [f32; 2],
}

/// Not yet validated.
pub(super) fn parse(bytes: &[u8], digest: Digest) -> Result<Manifest, PackageError> {
    let raw: Raw = serde_json::from_slice(bytes).map_err(json)?;
    validate_config(raw.config.get())?;
    let (picture, sampler) = (raw.picture, raw.sampler);
    let denoiser = Denoiser {
        architecture: raw.architecture,
        config: serde_json::from_str(raw.config.get()).map_err(json)?,
        picture: Picture {
            channels: picture.channels,
            premultiplied: picture.premultiplied,
            range: picture.range,
        },
        noise_scale: picture.noise_scale,
        sizes: None,
        sampler: Sampler {
            method: sampler.method,
            steps: sampler.steps,
            times: None,
            guidance: sampler.guidance,
            guidance_interval: sampler.guidance_interval,
        },
    };
    Ok(Manifest {
        about: About {
            name: raw.name,
            title: raw.title,
            licence: raw.licence,
            notices: raw.notices,
            components: Components {
                denoiser: Some(denoiser),
                text: Some(Text {
                    tokenizer: raw.tokenizer,
                }),
                upscaler: None,
            },
            knows: None,
        },
        files: raw.files.0,
        tensors: BTreeMap::from([(Component::Denoiser, raw.tensors.0)]),
        version: 1,
        digest,
    })
}
