//! `image2 models inspect`.

use std::collections::BTreeMap;
use std::path::Path;

use image2_package::{Component, Manifest, Package, Source};
use serde_json::{Map, Value, json};

use super::{headline, open};
use crate::answer::Answer;

/// Tensors of one format.
#[derive(Default)]
struct Stored {
    tensors: usize,
    elements: u64,
    size_bytes: u64,
}

pub fn run(path: &Path) -> anyhow::Result<Answer> {
    let package = open(path)?;
    let manifest = package.manifest();
    let mut lines = vec![
        headline(manifest),
        format!("digest      {}", manifest.digest()),
        format!("version     {}", manifest.version()),
    ];
    let mut values = Map::new();
    for (component, architecture, config) in manifest.about.components.networks() {
        let (more, value) = network(manifest, component, architecture, config);
        lines.extend(more);
        values.insert(component.to_string(), value);
    }
    if let Some(text) = &manifest.about.components.text {
        let tokenizer = &text.tokenizer;
        let (kind, length) = (&tokenizer.kind, tokenizer.length);
        lines.push(format!("text        {kind}, {length} tokens"));
        values.insert("text".to_owned(), json!(text));
    }
    let (knows, said) = knowledge(&package)?;
    lines.extend(said);
    let value = json!({
        "name": manifest.about.name,
        "title": manifest.about.title,
        "licence": manifest.about.licence,
        "digest": manifest.digest().to_string(),
        "version": manifest.version(),
        "size_bytes": manifest.size_bytes(),
        "components": values,
        "knows": knows,
    });
    Ok(Answer::done(lines, value))
}

/// A component that has a network, and its tensors by format.
fn network(
    manifest: &Manifest,
    component: Component,
    architecture: &str,
    config: &Value,
) -> (Vec<String>, Value) {
    let mut formats: BTreeMap<&str, Stored> = BTreeMap::new();
    for tensor in manifest.tensors[component].values() {
        let stored = formats.entry(tensor.format.name()).or_default();
        stored.tensors += 1;
        stored.elements += tensor.shape.elements() as u64;
        stored.size_bytes += tensor.stored_bytes();
    }
    let parameters: u64 = formats.values().map(|stored| stored.elements).sum();
    let millions = parameters as f64 / 1e6;
    let mut lines = vec![
        format!("{component:12}{architecture}, {millions:.1}M parameters"),
        format!("  config    {config}"),
    ];
    let mut values = Map::new();
    for (format, stored) in formats {
        let Stored {
            tensors,
            elements,
            size_bytes,
        } = stored;
        lines.push(format!(
            "  {format:10}{tensors} tensors, {:.1}M numbers, {:.1} MB",
            elements as f64 / 1e6,
            size_bytes as f64 / 1e6
        ));
        let value = json!({ "tensors": tensors, "elements": elements, "size_bytes": size_bytes });
        values.insert(format.to_owned(), value);
    }
    let mut value = json!({
        "architecture": architecture,
        "config": config,
        "parameters": parameters,
        "formats": values,
    });
    if let (Component::Upscaler, Some(upscaler)) = (component, &manifest.about.components.upscaler)
    {
        let (scale, passes) = (upscaler.scale, upscaler.passes);
        lines.push(format!("  scale     {scale}, {passes} passes at most"));
        (value["scale"], value["passes"]) = (scale.into(), passes.into());
    }
    (lines, value)
}

/// What the model knows, with the sizes of its vocabulary.
fn knowledge<S: Source>(package: &Package<S>) -> anyhow::Result<(Value, Option<String>)> {
    let Some(knows) = &package.manifest().about.knows else {
        return Ok((Value::Null, None));
    };
    let vocabulary = package.vocabulary()?.unwrap_or_default();
    let [subjects, synonyms] = [vocabulary.subjects.len(), vocabulary.synonyms.len()];
    let [looks, colours] = [knows.looks.len(), knows.colours.len()];
    let mut line = format!(
        "knows       {subjects} things and {synonyms} synonyms, {looks} looks, {colours} colours"
    );
    for (name, known) in [
        ("scenes", knows.scenes),
        ("grounds", knows.grounds),
        ("masks", knows.masks),
        ("references", knows.references),
    ] {
        if known {
            line += &format!(", {name}");
        }
    }
    let mut value = json!(knows);
    (value["subjects"], value["synonyms"]) = (subjects.into(), synonyms.into());
    Ok((value, Some(line)))
}
