//! The rules of the description: names, networks, pictures, settings, and what the model knows.

use super::{at_most, between, ensure, is_file_name, once_each, value};
use crate::about::{Denoiser, Picture, Sizes, Upscaler};
use crate::fault::{ManifestFault, Measured, Rule, shorten};
use crate::knows::Knows;
use crate::limits::is_line;
use crate::sampler::Sampler;
use crate::{Manifest, PackageError, limits};

pub(super) fn validate(manifest: &Manifest) -> Result<(), PackageError> {
    let about = &manifest.about;
    short_name("name", &about.name)?;
    line("title", &about.title)?;
    line("licence", &about.licence)?;
    listed(manifest, "notices", about.notices.as_deref())?;
    for (component, architecture, config) in about.components.networks() {
        short_name(&format!("{component}.architecture"), architecture)?;
        validate_config(&config.to_string())?;
    }
    if let Some(denoiser) = &about.components.denoiser {
        validate_denoiser(denoiser)?;
    }
    if let Some(text) = &about.components.text {
        let tokenizer = &text.tokenizer;
        short_name("text.tokenizer.kind", &tokenizer.kind)?;
        listed(manifest, "text.tokenizer.file", Some(&tokenizer.file))?;
        let (length, most) = (u64::from(tokenizer.length), u64::from(limits::TOKENS));
        between("text.tokenizer.length", length, 1..=most)?;
    }
    if let Some(upscaler) = &about.components.upscaler {
        validate_upscaler(upscaler)?;
    }
    if let Some(knows) = &about.knows {
        listed(manifest, "knows.vocabulary", knows.vocabulary.as_deref())?;
        validate_words(knows)?;
    }
    Ok(())
}

fn validate_config(text: &str) -> Result<(), PackageError> {
    at_most(
        Measured::Config,
        limits::CONFIG_BYTES as u64,
        text.len() as u64,
    )
}

fn short_name(field: &str, name: &str) -> Result<(), ManifestFault> {
    let plain = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || b"-._".contains(&c);
    let holds = is_file_name(name) && name.len() <= 64 && name.bytes().all(plain);
    value(field, name, holds, Rule::ShortName)
}

fn line(field: &str, text: &str) -> Result<(), ManifestFault> {
    value(field, text, is_line(text), Rule::Line)
}

fn listed(manifest: &Manifest, field: &str, file: Option<&str>) -> Result<(), ManifestFault> {
    let Some(file) = file else { return Ok(()) };
    ensure(manifest.file(file).is_some(), || ManifestFault::Unlisted {
        field: field.to_owned(),
        file: shorten(file),
    })
}

fn validate_denoiser(denoiser: &Denoiser) -> Result<(), ManifestFault> {
    validate_picture("denoiser.picture.range", &denoiser.picture)?;
    let noise = denoiser.noise_scale;
    let positive = noise.is_finite() && noise > 0.0;
    value("denoiser.noise_scale", noise, positive, Rule::Positive)?;
    if let Some(sizes) = &denoiser.sizes {
        validate_sizes(sizes)?;
    }
    validate_sampler(&denoiser.sampler)
}

fn validate_picture(field: &str, picture: &Picture) -> Result<(), ManifestFault> {
    let [low, high] = picture.range;
    let ascending = low.is_finite() && high.is_finite() && low < high;
    let found = format!("{low} to {high}");
    value(field, found, ascending, Rule::Ascending)
}

fn validate_sizes(sizes: &Sizes) -> Result<(), ManifestFault> {
    let field = |name: &str| format!("denoiser.sizes.{name}");
    let [of, low, high] = [sizes.multiple, sizes.side_min, sizes.side_max].map(u64::from);
    let most = u64::from(limits::SIDE);
    between(&field("multiple"), of, 1..=most)?;
    multiple(&field("side_min"), low, of, of..=most)?;
    multiple(&field("side_max"), high, of, low..=most)?;
    let [height, width] = [sizes.height, sizes.width].map(u64::from);
    multiple(&field("height"), height, of, low..=high)?;
    multiple(&field("width"), width, of, low..=high)?;
    between(
        &field("area_max"),
        sizes.area_max,
        height * width..=high * high,
    )
}

fn multiple(
    field: &str,
    found: u64,
    of: u64,
    range: std::ops::RangeInclusive<u64>,
) -> Result<(), ManifestFault> {
    let (low, high) = (*range.start(), *range.end());
    let holds = found.is_multiple_of(of) && range.contains(&found);
    value(field, found, holds, Rule::Multiple { of, low, high })
}

fn validate_sampler(sampler: &Sampler) -> Result<(), ManifestFault> {
    let steps = u64::from(sampler.steps);
    between(
        "denoiser.sampler.steps",
        steps,
        1..=u64::from(limits::STEPS),
    )?;
    if let Some(times) = &sampler.times {
        let ends = [times.first(), times.last()] == [Some(&0.0), Some(&1.0)];
        let ascending = times.windows(2).all(|pair| pair[0] < pair[1]);
        let holds = ends && ascending && times.len() as u64 == steps + 1;
        value(
            "denoiser.sampler.times",
            format!("{times:?}"),
            holds,
            Rule::Times,
        )?;
    }
    let (low, high) = (0, limits::GUIDANCE);
    let guidance = sampler.guidance;
    let holds = (0.0..=high as f32).contains(&guidance);
    let rule = Rule::Between { low, high };
    value("denoiser.sampler.guidance", guidance, holds, rule)?;
    let [from, to] = sampler.guidance_interval;
    let holds = 0.0 <= from && from <= to && to <= 1.0;
    let found = format!("{from} to {to}");
    let field = "denoiser.sampler.guidance_interval";
    value(field, found, holds, Rule::UnitInterval)
}

fn validate_upscaler(upscaler: &Upscaler) -> Result<(), ManifestFault> {
    validate_picture("upscaler.picture.range", &upscaler.picture)?;
    let [scale, passes] = [upscaler.scale, upscaler.passes].map(u64::from);
    between("upscaler.scale", scale, 2..=u64::from(limits::SCALE))?;
    between("upscaler.passes", passes, 1..=u64::from(limits::PASSES))
}

fn validate_words(knows: &Knows) -> Result<(), PackageError> {
    for (field, words) in [
        ("knows.looks", &knows.looks),
        ("knows.colours", &knows.colours),
    ] {
        let count = words.len() as u64;
        at_most(Measured::Words, limits::WORDS as u64, count)?;
        for word in words {
            line(field, word)?;
        }
        once_each(words.clone())?;
    }
    Ok(())
}
