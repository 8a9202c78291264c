//! One version of each direct dependency: two would be compiled, and downloaded, side by side.

use super::Room;
use std::collections::{BTreeMap, BTreeSet};

/// Direct dependencies that may have two versions in the workspace, each with the reason. Remove an
/// entry when the reason is gone.
const TWICE: [(&str, &str); 1] = [(
    "thiserror",
    "leptos depends on version 1 for its own error types",
)];

/// Direct dependencies with several versions in the output of `cargo tree`.
pub fn faults(workspace: &[Room], tree: &str) -> Vec<String> {
    let versions = versions(tree);
    let direct: BTreeSet<&str> = workspace
        .iter()
        .flat_map(|room| &room.dependencies)
        .map(String::as_str)
        .filter(|name| !TWICE.iter().any(|(known, _)| known == name))
        .collect();
    let twice = direct.into_iter().filter_map(|name| {
        let found = versions.get(name).filter(|found| found.len() > 1)?;
        let list: Vec<_> = found.iter().copied().collect();
        Some(format!(
            "{name} has the versions {}: agree on one",
            list.join(" and ")
        ))
    });
    twice.collect()
}

/// From lines such as `half v2.7.1`, some followed by a path or a mark.
fn versions(tree: &str) -> BTreeMap<&str, BTreeSet<&str>> {
    let mut versions: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for line in tree.lines() {
        let mut words = line.split_whitespace();
        if let (Some(name), Some(version)) = (words.next(), words.next()) {
            let version = version.trim_start_matches('v');
            versions.entry(name).or_default().insert(version);
        }
    }
    versions
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_direct_dependencies_must_have_one_version() {
        let app = Room {
            name: "app".to_owned(),
            dependencies: BTreeSet::from(["half".to_owned()]),
            dev_dependencies: BTreeSet::new(),
            roots: Vec::new(),
        };
        let tree = "half v1.8.3\nhalf v2.7.1 (*)\nhalf v2.7.1\nsyn v1.0.1\nsyn v2.0.1";
        assert_eq!(
            faults(&[app], tree),
            ["half has the versions 1.8.3 and 2.7.1: agree on one"]
        );
    }
}
