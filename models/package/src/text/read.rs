//! Reads the description from the members of the text.

use serde::de::{self, Deserialize, Deserializer};

use super::members::Members;
use super::strict::Strict;
use crate::about::{Channels, Denoiser, Picture, Sizes, Text, Tokenizer, Upscaler};
use crate::fault::ManifestFault;
use crate::knows::Knows;
use crate::sampler::{Method, Sampler};
use crate::{About, Components};

type Read<T> = Result<T, ManifestFault>;

/// A description that is not yet in a manifest, as the command's `--about` takes it.
impl<'de> Deserialize<'de> for About {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Strict(value) = Strict::deserialize(deserializer)?;
        let read = || {
            let mut members = Members::new("about", value)?;
            let about = about(&mut members)?;
            members.end()?;
            Ok(about)
        };
        read().map_err(|fault: ManifestFault| de::Error::custom(fault))
    }
}

pub(super) fn about(members: &mut Members) -> Read<About> {
    Ok(About {
        name: members.text("name")?,
        title: members.text("title")?,
        licence: members.text("licence")?,
        notices: members.optional_text("notices")?,
        components: components(members.object("components")?)?,
        knows: members.optional_object("knows")?.map(knows).transpose()?,
    })
}

fn components(mut members: Members) -> Read<Components> {
    let [denoiser, text, upscaler] =
        ["denoiser", "text", "upscaler"].map(|name| members.optional_object(name));
    members.end()?;
    Ok(Components {
        denoiser: denoiser?.map(self::denoiser).transpose()?,
        text: text?.map(self::text).transpose()?,
        upscaler: upscaler?.map(self::upscaler).transpose()?,
    })
}

fn denoiser(mut members: Members) -> Read<Denoiser> {
    let denoiser = Denoiser {
        architecture: members.text("architecture")?,
        config: members.value("config")?,
        picture: picture(members.object("picture")?)?,
        noise_scale: members.number("noise_scale")?,
        sizes: members.optional_object("sizes")?.map(sizes).transpose()?,
        sampler: sampler(members.object("sampler")?, true)?,
    };
    members.end()?;
    Ok(denoiser)
}

fn text(mut members: Members) -> Read<Text> {
    let tokenizer = tokenizer(members.object("tokenizer")?)?;
    members.end()?;
    Ok(Text { tokenizer })
}

fn upscaler(mut members: Members) -> Read<Upscaler> {
    let upscaler = Upscaler {
        architecture: members.text("architecture")?,
        config: members.value("config")?,
        picture: picture(members.object("picture")?)?,
        scale: members.small("scale")?,
        passes: members.small("passes")?,
    };
    members.end()?;
    Ok(upscaler)
}

pub(super) fn picture(mut members: Members) -> Read<Picture> {
    let picture = Picture {
        channels: members.one_of(
            "channels",
            &[("rgb", Channels::Rgb), ("rgba", Channels::Rgba)],
        )?,
        premultiplied: members.flag("premultiplied")?,
        range: members.pair("range")?,
    };
    members.end()?;
    Ok(picture)
}

fn sizes(mut members: Members) -> Read<Sizes> {
    let sizes = Sizes {
        height: members.small("height")?,
        width: members.small("width")?,
        multiple: members.small("multiple")?,
        side_min: members.small("side_min")?,
        side_max: members.small("side_max")?,
        area_max: members.whole("area_max")?,
    };
    members.end()?;
    Ok(sizes)
}

pub(super) fn tokenizer(mut members: Members) -> Read<Tokenizer> {
    let tokenizer = Tokenizer {
        kind: members.text("kind")?,
        file: members.text("file")?,
        length: members.small("length")?,
    };
    members.end()?;
    Ok(tokenizer)
}

/// `timed`: whether this version of the text may state the times of the steps.
pub(super) fn sampler(mut members: Members, timed: bool) -> Read<Sampler> {
    let methods = Method::ALL.map(|method| (method.name(), method));
    let sampler = Sampler {
        method: members.one_of("method", &methods)?,
        steps: members.small("steps")?,
        times: match timed {
            true => members.optional_numbers("times")?,
            false => None,
        },
        guidance: members.number("guidance")?,
        guidance_interval: members.pair("guidance_interval")?,
    };
    members.end()?;
    Ok(sampler)
}

fn knows(mut members: Members) -> Read<Knows> {
    let knows = Knows {
        vocabulary: members.optional_text("vocabulary")?,
        looks: members.texts("looks")?,
        colours: members.texts("colours")?,
        scenes: members.flag("scenes")?,
        grounds: members.flag("grounds")?,
        masks: members.flag("masks")?,
        references: members.flag("references")?,
    };
    members.end()?;
    Ok(knows)
}
