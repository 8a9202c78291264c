//! `image2 models quantize`. Output, sources and files are validated before the first tensor is
//! read. The package is written to a temporary folder and renamed, so that a failed run leaves
//! nothing behind and can be repeated.

mod formats;
mod ingredients;
mod source;
mod target;

use std::io;
use std::path::Path;

use anyhow::Context as _;
use image2_package::{Manifest, PackageError, PackageWriter, Quantized};
use serde_json::json;

use super::headline;
use crate::answer::Answer;
use crate::args::Quantize;
use crate::failure::OutputFault;
use crate::names::{insert, shown};
use crate::{interrupt, unfinished};
use formats::Formats;
use ingredients::Ingredients;
use target::Target;

pub fn run(args: &Quantize) -> anyhow::Result<Answer> {
    let formats = Formats::parse(args)?;
    let target = Target::settle(&args.output).map_err(|fault| fault.at(&args.output))?;
    let ingredients = Ingredients::gather(args)?;

    interrupt::at_once()?;
    let at_output = |error: io::Error| OutputFault::from(error).at(&args.output);
    let folder = unfinished::folder(&target.parent).map_err(at_output)?;
    let (manifest, done) = write(folder.path(), ingredients, &formats)
        .with_context(|| format!("cannot make the package {}", shown(&args.output)))?;
    folder.finish(&target.path).map_err(at_output)?;

    let text = format!(
        "{}: {}, {} tensors",
        shown(&args.output),
        headline(&manifest),
        done.tensors
    );
    let value = json!({
        "digest": manifest.digest().to_string(),
        "size_bytes": manifest.size_bytes(),
        "tensors": done.tensors,
        "skipped": done.skipped,
    });
    let mut answer = Answer::done(vec![text], value);
    insert(&mut answer.value, "package", &args.output);
    Ok(answer)
}

fn write(
    folder: &Path,
    ingredients: Ingredients,
    formats: &Formats,
) -> Result<(Manifest, Quantized), PackageError> {
    let mut writer = PackageWriter::create(folder)?;
    for (name, content) in &ingredients.files {
        writer.add_file(name, content)?;
    }
    let mut done = Quantized::default();
    for (component, mut source) in ingredients.parts {
        let plan = formats.plan(component, &source);
        let part = source.write(component, &plan, &mut writer)?;
        done.tensors += part.tensors;
        let names = part.skipped.iter();
        let skipped = names.map(|name| format!("{component}.{name}"));
        done.skipped.extend(skipped);
    }
    Ok((writer.finish(ingredients.about)?, done))
}
