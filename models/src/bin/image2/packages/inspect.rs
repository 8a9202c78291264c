//! `image2 models inspect`.

use std::collections::BTreeMap;
use std::path::Path;

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
    let mut formats: BTreeMap<&str, Stored> = BTreeMap::new();
    for tensor in manifest.tensors.values() {
        let stored = formats.entry(tensor.format.name()).or_default();
        stored.tensors += 1;
        stored.elements += tensor.shape.elements() as u64;
        stored.size_bytes += tensor.stored_bytes();
    }
    let parameters: u64 = formats.values().map(|stored| stored.elements).sum();
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
    let mut values = Map::new();
    for (format, stored) in formats {
        let Stored {
            tensors,
            elements,
            size_bytes,
        } = stored;
        lines.push(format!(
            "{format:12}{tensors} tensors, {:.1}M numbers, {:.1} MB",
            elements as f64 / 1e6,
            size_bytes as f64 / 1e6
        ));
        let value = json!({ "tensors": tensors, "elements": elements, "size_bytes": size_bytes });
        values.insert(format.to_owned(), value);
    }
    let value = json!({
        "name": manifest.about.name,
        "title": manifest.about.title,
        "licence": manifest.about.licence,
        "digest": manifest.digest().to_string(),
        "architecture": manifest.about.architecture,
        "config": manifest.about.config,
        "parameters": parameters,
        "size_bytes": manifest.size_bytes(),
        "formats": Value::from(values),
    });
    Ok(Answer::done(lines, value))
}
