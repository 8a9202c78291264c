//! The formats of the new package, by the options.

use anyhow::Context as _;
use image2_package::{Choice, Component, Format, Layout, Plan};

use super::source::Source;
use crate::args::Quantize;

/// Parsed options.
pub struct Formats {
    denoiser: Format,
    upscaler: Option<Format>,
    /// Component, prefix of the names in it, format.
    exceptions: Vec<(Component, String, Format)>,
}

impl Formats {
    pub fn parse(args: &Quantize) -> anyhow::Result<Self> {
        let upscaler = args.upscaler_format.as_deref().map(parse).transpose()?;
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
            denoiser: parse(&args.format)?,
            upscaler,
            exceptions: exceptions.collect::<anyhow::Result<_>>()?,
        })
    }

    /// The storage of a component's tensors. An upscaler keeps the formats of its package, unless
    /// the user chose another one.
    pub fn plan(&self, component: Component, source: &Source) -> Plan {
        let plan = match (component, self.upscaler, source) {
            (Component::Upscaler, None, Source::Package(package)) => {
                let tensors = package.manifest().tensors.get(&component);
                tensors.map(Plan::as_stored).unwrap_or_default()
            }
            (Component::Upscaler, format, _) => Plan {
                kernels: Layout::Ohwi,
                ..Plan::uniform(format.unwrap_or(Format::F16))
            },
            _ => self.denoiser(),
        };
        self.with_exceptions(component, plan)
    }

    fn denoiser(&self) -> Plan {
        let mut plan = Plan {
            matrices: self.denoiser,
            ..Plan::default()
        };
        if self.denoiser != Format::Q4 {
            // The q8 exceptions of the default plan only make sense for q4.
            plan.rules
                .retain(|rule| !matches!(rule.choice, Choice::Blocks(_)));
        }
        plan
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

fn parse(text: &str) -> anyhow::Result<Format> {
    let known = [Format::F32, Format::F16, Format::Q8, Format::Q4];
    let format = known.into_iter().find(|format| format.name() == text);
    format.with_context(|| format!("{text:?} is no format; known are f32, f16, q8 and q4"))
}
