//! The workspace's dependencies: arrows between rooms as ARCHITECTURE.md draws them, one version of
//! each outside crate, and no circles of modules within a crate.

mod circles;
mod modules;
mod rooms;
mod versions;

use crate::{cargo, files, paths};
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::PathBuf;

/// A crate of the workspace.
struct Room {
    /// Without the prefix `image2-`.
    name: String,
    /// The crates that its manifest names for the code itself and for build scripts, with features
    /// and targets of any kind.
    dependencies: BTreeSet<String>,
    /// The crates that its manifest names for tests only.
    dev_dependencies: BTreeSet<String>,
    /// The root files of its library and its programs.
    roots: Vec<PathBuf>,
}

pub fn check() -> Result<()> {
    let text = cargo::command(["metadata", "--format-version", "1"]).read()?;
    let metadata = serde_json::from_str(&text).context("`cargo metadata` printed no JSON")?;
    let workspace = workspace(&metadata)?;

    let document = files::read_text(&paths::root().join("ARCHITECTURE.md"))?;
    let mut faults = rooms::faults(&workspace, &rooms::parse(&document)?);
    faults.extend(versions::faults(&workspace, &cargo_tree()?));
    faults.extend(circles::faults(&workspace)?);
    if !faults.is_empty() {
        bail!("dependencies:\n    {}", faults.join("\n    "));
    }
    Ok(())
}

/// All dependencies that are compiled for some target, one `NAME vVERSION` a line. The metadata would
/// also list optional ones that no feature enables.
fn cargo_tree() -> Result<String> {
    cargo::command(["tree", "--workspace", "--target", "all"])
        .args(["--edges", "normal,build"])
        .args(["--prefix", "none", "--format", "{p}"])
        .read()
}

fn workspace(metadata: &Value) -> Result<Vec<Room>> {
    let members = list(&metadata["workspace_members"]);
    let packages = list(&metadata["packages"]);
    let rooms: Vec<Room> = packages
        .iter()
        .filter(|package| members.contains(&package["id"]))
        .map(room)
        .collect();
    anyhow::ensure!(!rooms.is_empty(), "`cargo metadata` lists no members");
    Ok(rooms)
}

fn room(package: &Value) -> Room {
    let of_kind = |is_dev: bool| {
        list(&package["dependencies"])
            .iter()
            .filter(|dependency| (dependency["kind"] == "dev") == is_dev)
            .map(|dependency| short(&dependency["name"]))
            .collect()
    };
    let is_root = |target: &Value| {
        let kinds = list(&target["kind"]);
        kinds
            .iter()
            .any(|kind| ["bin", "lib", "rlib"].iter().any(|root| kind == root))
    };
    Room {
        name: short(&package["name"]),
        dependencies: of_kind(false),
        dev_dependencies: of_kind(true),
        roots: list(&package["targets"])
            .iter()
            .filter(|target| is_root(target))
            .filter_map(|target| target["src_path"].as_str().map(PathBuf::from))
            .collect(),
    }
}

/// A crate's name without the prefix that ours share.
fn short(name: &Value) -> String {
    let name = name.as_str().unwrap_or_default();
    name.strip_prefix("image2-").unwrap_or(name).to_owned()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}
