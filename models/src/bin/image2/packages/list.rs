//! `image2 models list`.

use std::path::Path;

use anyhow::Context as _;
use image2_package::{Component, Package, manifest::MANIFEST_FILE};
use serde_json::{Map, json};

use super::headline;
use crate::answer::Answer;
use crate::names::{insert, shown};

pub fn run(folder: &Path) -> anyhow::Result<Answer> {
    let entries = std::fs::read_dir(folder)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .with_context(|| format!("cannot list {}", shown(folder)))?;
    let mut paths: Vec<_> = entries.iter().map(std::fs::DirEntry::path).collect();
    paths.retain(|path| path.join(MANIFEST_FILE).exists());
    paths.sort();
    let (mut lines, mut values) = (Vec::new(), Vec::new());
    for path in &paths {
        let mut value = Map::new();
        insert(&mut value, "path", path);
        let name = shown(path);
        match Package::open_dir(path) {
            Ok(package) => {
                lines.push(format!("{name}  {}", headline(package.manifest())));
                let about = &package.manifest().about;
                let present = Component::ALL.into_iter();
                let present = present.filter(|component| about.components.has(*component));
                let names: Vec<&str> = present.map(Component::name).collect();
                value.insert("name".into(), about.name.clone().into());
                value.insert("components".into(), names.into());
            }
            Err(error) => {
                lines.push(format!("{name}  damaged: {error}"));
                value.insert("error".into(), error.code().into());
            }
        }
        values.push(value);
    }
    if lines.is_empty() {
        lines.push(format!("no packages in {}", shown(folder)));
    }
    Ok(Answer::done(lines, json!({ "packages": values })))
}
