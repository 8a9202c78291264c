//! What the workspace depends on: one version of each, and arrows that never turn back.

use crate::{paths, shell};
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Direct dependencies that may stand in `Cargo.lock` twice, with the reason. Shorten it when a
/// dependency catches up.
const TWICE: [(&str, &str); 1] = [(
    "thiserror",
    "version 1 below leptos, for its own error types only",
)];

/// Rooms, and what they never name, with features of any kind: the arrows of the architecture.
const NEVER_NAMES: [(&str, &[&str]); 7] = [
    (
        "image2-app",
        &["wgpu", "image2-models", "image2-shaders", "image2-server"],
    ),
    (
        "image2-server",
        &["wgpu", "image2-models", "image2-shaders", "image2-app"],
    ),
    (
        "image2-models",
        &["web-sys", "image2-protocol", "image2-app", "image2-server"],
    ),
    (
        "image2-shaders",
        &["web-sys", "image2-models", "image2-protocol"],
    ),
    (
        "image2-protocol",
        &["image2-app", "image2-models", "image2-package", "web-sys"],
    ),
    ("image2-worker", &["image2-app", "image2-server", "leptos"]),
    ("image2-xtask", &["image2-protocol", "image2-server"]),
];

pub fn check() -> Result<()> {
    let text = shell::cargo(["metadata", "--format-version", "1"]).read()?;
    let metadata: Value = serde_json::from_str(&text).context("cargo metadata is no JSON")?;
    let members = direct_dependencies(&metadata)?;
    let mut faults = turned_arrows(&members);
    // Not from the metadata, which lists what no feature of ours switches on.
    let tree = shell::cargo([
        "tree",
        "--workspace",
        "--target",
        "all",
        "--edges",
        "normal,build",
    ])
    .args(["--prefix", "none", "--format", "{p}"])
    .read()?;
    faults.extend(duplicates(&members, &versions(&tree)));
    if !faults.is_empty() {
        bail!("dependencies:\n    {}", faults.join("\n    "));
    }
    println!(
        "  {} direct dependencies, one version each",
        members.values().flatten().count()
    );
    Ok(())
}

/// Each room with the names that its manifest lists outside of its tests.
fn direct_dependencies(metadata: &Value) -> Result<BTreeMap<String, BTreeSet<String>>> {
    let root = paths::root().to_string_lossy().into_owned();
    let packages = metadata["packages"].as_array().context("no packages")?;
    let ours = packages.iter().filter(|package| {
        package["source"].is_null()
            && package["manifest_path"]
                .as_str()
                .is_some_and(|path| path.starts_with(&root))
    });
    Ok(ours
        .map(|package| {
            let listed = package["dependencies"].as_array().into_iter().flatten();
            let names = listed.filter(|dependency| dependency["kind"].is_null());
            (name_of(package), names.map(name_of).collect())
        })
        .collect())
}

/// From lines such as `half v2.7.1`, some with a path or a mark behind.
fn versions(tree: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut versions: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for line in tree.lines() {
        let mut words = line.split_whitespace();
        if let (Some(name), Some(version)) = (words.next(), words.next()) {
            let version = version.trim_start_matches('v').to_owned();
            versions.entry(name.to_owned()).or_default().insert(version);
        }
    }
    versions
}

fn name_of(value: &Value) -> String {
    value["name"].as_str().unwrap_or_default().to_owned()
}

fn turned_arrows(members: &BTreeMap<String, BTreeSet<String>>) -> Vec<String> {
    let mut faults = Vec::new();
    for (room, forbidden) in NEVER_NAMES {
        let Some(names) = members.get(room) else {
            continue;
        };
        let named = forbidden.iter().filter(|name| names.contains(**name));
        faults.extend(named.map(|name| format!("{room} must never name {name}")));
    }
    faults
}

fn duplicates(
    members: &BTreeMap<String, BTreeSet<String>>,
    versions: &BTreeMap<String, BTreeSet<String>>,
) -> Vec<String> {
    let direct: BTreeSet<_> = members.values().flatten().collect();
    let allowed = |name: &str| TWICE.iter().any(|(known, _)| *known == name);
    let twice = direct
        .into_iter()
        .filter(|name| !allowed(name))
        .filter_map(|name| {
            let found = versions.get(name).filter(|found| found.len() > 1)?;
            let list: Vec<_> = found.iter().map(String::as_str).collect();
            Some(format!(
                "{name} stands in Cargo.lock as {}: agree on one",
                list.join(" and ")
            ))
        });
    twice.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn a_turned_arrow_is_named() {
        let members = BTreeMap::from([("image2-app".to_owned(), set(&["leptos", "wgpu"]))]);
        assert_eq!(turned_arrows(&members), ["image2-app must never name wgpu"]);
    }

    #[test]
    fn only_direct_dependencies_must_be_single() {
        let members = BTreeMap::from([("image2-app".to_owned(), set(&["half"]))]);
        let versions =
            versions("half v1.8.3\nhalf v2.7.1 (*)\nhalf v2.7.1\nsyn v1.0.1\nsyn v2.0.1");
        let faults = duplicates(&members, &versions);
        assert_eq!(
            faults,
            ["half stands in Cargo.lock as 1.8.3 and 2.7.1: agree on one"]
        );
    }
}
