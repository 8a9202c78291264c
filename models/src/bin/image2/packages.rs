//! `image2 models`: list, inspect, verify, quantize.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, bail};
use image2_package::{
    About, Choice, Format, Manifest, Package, PackageWriter, Plan, SafetensorsFile, TensorSource,
};
use serde_json::{Value, json};

use crate::Outcome;
use crate::args::{Packages, Quantize};
use crate::output::Output;

pub fn run(command: Packages, output: &Output) -> anyhow::Result<Outcome> {
    match command {
        Packages::List { folder } => list(&folder, output),
        Packages::Inspect { package } => inspect(&package, output),
        Packages::Verify { package } => verify(&package, output),
        Packages::Quantize(args) => quantize(&args, output),
    }
}

fn list(folder: &Path, output: &Output) -> anyhow::Result<Outcome> {
    let entries = std::fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    let mut paths: Vec<_> = entries
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    paths.retain(|path| path.join(image2_package::manifest::MANIFEST_FILE).exists());
    paths.sort();
    let (mut lines, mut values) = (Vec::new(), Vec::new());
    for path in &paths {
        match Package::open_dir(path) {
            Ok(package) => {
                lines.push(format!(
                    "{}  {}",
                    path.display(),
                    headline(package.manifest())
                ));
                values.push(json!({ "path": path, "name": package.manifest().about.name }));
            }
            Err(error) => {
                lines.push(format!("{}  damaged: {error}", path.display()));
                values.push(json!({ "path": path, "error": error.code() }));
            }
        }
    }
    if lines.is_empty() {
        lines.push(format!("no packages in {}", folder.display()));
    }
    output.answer(&lines.join("\n"), &json!({ "packages": values }));
    Ok(Outcome::Done)
}

fn headline(manifest: &Manifest) -> String {
    let megabytes = manifest.size_bytes() as f64 / 1e6;
    format!(
        "{} ({}), {megabytes:.1} MB, {}",
        manifest.about.title, manifest.about.name, manifest.about.licence
    )
}

fn inspect(path: &Path, output: &Output) -> anyhow::Result<Outcome> {
    let package = Package::open_dir(path)?;
    let manifest = package.manifest();
    let mut formats: BTreeMap<&str, (usize, u64, u64)> = BTreeMap::new();
    for tensor in manifest.tensors.values() {
        let (count, elements, bytes) = formats.entry(tensor.format.name()).or_default();
        *count += 1;
        *elements += tensor.shape.elements() as u64;
        *bytes += tensor.stored_bytes();
    }
    let parameters: u64 = formats.values().map(|(_, elements, _)| elements).sum();
    let mut lines = vec![
        headline(manifest),
        format!("digest      {}", manifest.digest()),
        format!(
            "network     {}, {:.1}M parameters",
            manifest.about.architecture,
            parameters as f64 / 1e6
        ),
        format!("config      {}", manifest.about.config),
    ];
    for (format, (count, elements, bytes)) in &formats {
        lines.push(format!(
            "{format:12}{count} tensors, {:.1}M numbers, {:.1} MB",
            *elements as f64 / 1e6,
            *bytes as f64 / 1e6
        ));
    }
    let formats: Value = formats
        .iter()
        .map(|(name, (tensors, elements, bytes))| {
            (
                (*name).to_owned(),
                json!({ "tensors": tensors, "elements": elements, "size_bytes": bytes }),
            )
        })
        .collect::<serde_json::Map<_, _>>()
        .into();
    let value = json!({
        "name": manifest.about.name,
        "title": manifest.about.title,
        "licence": manifest.about.licence,
        "digest": manifest.digest().to_string(),
        "architecture": manifest.about.architecture,
        "config": manifest.about.config,
        "parameters": parameters,
        "size_bytes": manifest.size_bytes(),
        "formats": formats,
    });
    output.answer(&lines.join("\n"), &value);
    Ok(Outcome::Done)
}

fn verify(path: &Path, output: &Output) -> anyhow::Result<Outcome> {
    let report = image2_package::verify(path)?;
    let faults: Vec<_> = report
        .faults
        .iter()
        .map(|fault| json!({ "code": fault.code(), "message": fault.to_string() }))
        .collect();
    let mut lines: Vec<String> = report
        .faults
        .iter()
        .map(|fault| format!("{}: {fault}", fault.code()))
        .collect();
    lines.extend(
        report
            .unlisted
            .iter()
            .map(|name| format!("not part of the package: {name}")),
    );
    lines.push(format!(
        "{} files, {:.1} MB sound",
        report.files,
        report.size_bytes as f64 / 1e6
    ));
    let value = json!({
        "sound": report.is_sound(),
        "files": report.files,
        "size_bytes": report.size_bytes,
        "faults": faults,
        "unlisted": report.unlisted,
    });
    output.answer(&lines.join("\n"), &value);
    Ok(if report.is_sound() {
        Outcome::Done
    } else {
        Outcome::Failed
    })
}

fn quantize(args: &Quantize, output: &Output) -> anyhow::Result<Outcome> {
    let plan = plan(args)?;
    if args.output.exists() {
        bail!(
            "{} exists; a package is never overwritten",
            args.output.display()
        );
    }
    let about = match &args.about {
        Some(path) => {
            let text = std::fs::read(path).with_context(|| path.display().to_string())?;
            serde_json::from_slice::<About>(&text).with_context(|| path.display().to_string())?
        }
        None if args.source.is_dir() => Package::open_dir(&args.source)?.manifest().about.clone(),
        None => bail!("a checkpoint does not say what it is: give --about FILE"),
    };
    let mut writer = PackageWriter::create(&args.output)?;
    let mut source: Box<dyn TensorSource> = if args.source.is_dir() {
        let package = Package::open_dir(&args.source)?;
        copy_files(&package, &mut writer)?;
        Box::new(package)
    } else {
        Box::new(SafetensorsFile::open(&args.source)?)
    };
    for path in &args.files {
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .context("--with needs a file")?;
        writer.add_file(
            name,
            &std::fs::read(path).with_context(|| path.display().to_string())?,
        )?;
    }
    let done = image2_package::quantize(source.as_mut(), &plan, &mut writer)?;
    let manifest = writer.finish(about)?;
    let text = format!(
        "{}: {}, {} tensors",
        args.output.display(),
        headline(&manifest),
        done.tensors
    );
    let value = json!({
        "package": args.output,
        "digest": manifest.digest().to_string(),
        "size_bytes": manifest.size_bytes(),
        "tensors": done.tensors,
        "skipped": done.skipped,
    });
    output.answer(&text, &value);
    Ok(Outcome::Done)
}

/// What is not weights travels along unchanged.
fn copy_files(
    package: &Package<image2_package::Folder>,
    writer: &mut PackageWriter,
) -> anyhow::Result<()> {
    for file in &package.manifest().files {
        if !file.name.ends_with(image2_package::manifest::SHARD_ENDING) {
            writer.add_file(&file.name, &package.read_file(&file.name)?)?;
        }
    }
    Ok(())
}

/// The default plan with the chosen format, then the user's exceptions in place of its own.
fn plan(args: &Quantize) -> anyhow::Result<Plan> {
    let format = parse_format(&args.format)?;
    let mut plan = Plan {
        matrices: format,
        ..Plan::default()
    };
    if format != Format::Q4 {
        // Its q8 layers are there to be better than q4.
        plan.rules
            .retain(|rule| !matches!(rule.choice, Choice::Blocks(_)));
    }
    for text in &args.overrides {
        let (prefix, format) = text
            .split_once('=')
            .with_context(|| format!("{text:?} is not PREFIX=FORMAT"))?;
        let format = parse_format(format)?;
        plan.rules.retain(|rule| !rule.prefix.starts_with(prefix));
        plan = plan.with(prefix, Choice::Blocks(format));
    }
    Ok(plan)
}

fn parse_format(text: &str) -> anyhow::Result<Format> {
    let known = [Format::F32, Format::F16, Format::Q8, Format::Q4];
    let format = known.into_iter().find(|format| format.name() == text);
    format.with_context(|| format!("{text:?} is no format; known are f32, f16, q8 and q4"))
}
