//! The formats of the new package, by the options.

use anyhow::Context as _;
use image2_package::{Choice, Component, Format, Layout, Plan};

use super::source::Source;
use crate::args::Quantize;

/// Parsed options.
pub struct Formats {
    denoiser: Option<Format>,
    upscaler: Option<Format>,
    /// Component, prefix of the names in it, format.
    exceptions: Vec<(Component, String, Format)>,
}

impl Formats {
    pub fn parse(args: &Quantize) -> anyhow::Result<Self> {
        let [denoiser, upscaler] = [&args.format, &args.upscaler_format]
            .map(|format| format.as_deref().map(parse).transpose());
        let exceptions = args.overrides.iter().map(|text| {
            let (prefix, format) = text
                .split_once('=')
                .with_context(|| format!("{text:?} is not PREFIX=FORMAT"))?;
            let (component, prefix) = match prefix.strip_prefix("upscaler.") {
                Some(prefix) => (Component::Upscaler, prefix),
                None => (Component::Denoiser, prefix),
            };
            Ok((component, prefix.to_owned(), parse(format)?))
        });
        Ok(Self {
            denoiser: denoiser?,
            upscaler: upscaler?,
            exceptions: exceptions.collect::<anyhow::Result<_>>()?,
        })
    }

    /// The storage of a component's tensors. Those of a package keep their formats, unless the user
    /// chose another one.
    pub fn plan(&self, component: Component, source: &Source) -> Plan {
        let chosen = match component {
            Component::Upscaler => self.upscaler,
            Component::Denoiser | Component::Text => self.denoiser,
        };
        let plan = match (chosen, source) {
            (None, Source::Package(package)) => {
                Plan::as_stored(&package.manifest().tensors[component])
            }
            _ if component == Component::Upscaler => Plan::uniform(chosen.unwrap_or(Format::F16)),
            _ => denoiser(chosen.unwrap_or(Format::Q4)),
        };
        // An upscaler slides its kernels over the picture; MM-JiT multiplies whole patches.
        let kernels = match component {
            Component::Upscaler => Layout::Ohwi,
            Component::Denoiser | Component::Text => Layout::Blocks,
        };
        self.with_exceptions(component, Plan { kernels, ..plan })
    }

    /// Overrides a plan's exceptions by the user's.
    fn with_exceptions(&self, component: Component, mut plan: Plan) -> Plan {
        for (of, prefix, format) in &self.exceptions {
            if *of == component {
                plan.rules.retain(|rule| !rule.prefix.starts_with(prefix));
                plan = plan.with(prefix, Choice::Blocks(*format));
            }
        }
        plan
    }
}

fn denoiser(format: Format) -> Plan {
    let mut plan = Plan {
        matrices: format,
        ..Plan::default()
    };
    if format != Format::Q4 {
        // The q8 exceptions of the default plan only make sense for q4.
        plan.rules
            .retain(|rule| !matches!(rule.choice, Choice::Blocks(_)));
    }
    plan
}

fn parse(text: &str) -> anyhow::Result<Format> {
    let known = [Format::F32, Format::F16, Format::Q8, Format::Q4];
    let format = known.into_iter().find(|format| format.name() == text);
    format.with_context(|| format!("{text:?} is no format; known are f32, f16, q8 and q4"))
}
