//! Compares what a manifest says about a component with the component's network, and with the
//! limits of this program.

use image2_package::Knows;
use image2_package::about::{Denoiser, Picture, Text, Upscaler};

use crate::fault::ConfigFault;
use crate::networks::{Signature, UpscalerSignature};
use crate::pipelines::limits::{ENLARGED_SIDE_MAX, GUIDANCE_MAX, STEPS_MAX};

pub(super) fn validate_denoiser(
    denoiser: &Denoiser,
    text: &Text,
    signature: &Signature,
) -> Result<(), ConfigFault> {
    validate_picture(&denoiser.picture, signature.channels, [-1.0, 1.0])?;
    let length = text.tokenizer.length as usize;
    equal("text_length", signature.text_length, length)?;
    if let Some(sizes) = &denoiser.sizes {
        let [height, width] = [sizes.height, sizes.width].map(|side| side as usize);
        equal("size", signature.size[0], height)?;
        equal("size", signature.size[1], width)?;
        let (found, of) = (sizes.multiple as usize, signature.patch);
        if !found.is_multiple_of(of) {
            let field = "sizes.multiple";
            return Err(ConfigFault::Multiple { field, found, of });
        }
    }
    let (steps, guidance) = (denoiser.sampler.steps, denoiser.sampler.guidance);
    if !(1..=STEPS_MAX).contains(&steps) {
        return Err(ConfigFault::Range {
            field: "sampler.steps",
            found: steps as usize,
            low: 1,
            high: STEPS_MAX as usize,
        });
    }
    if !(0.0..=GUIDANCE_MAX).contains(&guidance) {
        let high = GUIDANCE_MAX;
        return Err(ConfigFault::Guidance { guidance, high });
    }
    Ok(())
}

pub(super) fn validate_knows(knows: &Knows, signature: &Signature) -> Result<(), ConfigFault> {
    for (field, knows) in [("masks", knows.masks), ("references", knows.references)] {
        if knows && signature.condition == 0 {
            return Err(ConfigFault::Unable { field });
        }
    }
    Ok(())
}

/// Drawings that are enlarged are no larger than the largest picture.
pub(super) fn validate_enlarged(signature: &Signature) -> Result<(), ConfigFault> {
    let [height, width] = signature.size;
    let (found, high) = (height.max(width), ENLARGED_SIDE_MAX as usize);
    match found > high {
        true => Err(ConfigFault::Range {
            field: "size",
            found,
            low: 1,
            high,
        }),
        false => Ok(()),
    }
}

pub(super) fn validate_upscaler(
    upscaler: &Upscaler,
    signature: &UpscalerSignature,
) -> Result<(), ConfigFault> {
    validate_picture(&upscaler.picture, signature.channels, [0.0, 1.0])?;
    // Colour and alpha are enlarged together.
    if signature.channels != 4 {
        return Err(ConfigFault::Range {
            field: "channels",
            found: signature.channels,
            low: 4,
            high: 4,
        });
    }
    equal("scale", signature.scale, upscaler.scale as usize)
}

fn validate_picture(
    picture: &Picture,
    channels: usize,
    expected: [f32; 2],
) -> Result<(), ConfigFault> {
    equal("channels", channels, picture.channels.count())?;
    let [low, high] = picture.range;
    if picture.range != expected {
        return Err(ConfigFault::PictureRange {
            low,
            high,
            expected,
        });
    }
    match channels == 4 && !picture.premultiplied {
        true => Err(ConfigFault::Straight),
        false => Ok(()),
    }
}

fn equal(field: &'static str, network: usize, package: usize) -> Result<(), ConfigFault> {
    match network == package {
        true => Ok(()),
        false => Err(ConfigFault::Mismatch {
            field,
            network,
            package,
        }),
    }
}
