//! Arrows between rooms, compared with those that ARCHITECTURE.md draws.
//!
//! The document's code block ```` ```arrows ```` is an allow-list. It has three forms of lines, in
//! which rooms are crates without their prefix `image2-`:
//!
//! ```text
//! app       → picture, protocol    the rooms that `app` depends on; `none` for a leaf
//! app tests → package              the rooms that only tests of `app` depend on
//! leptos    ← app                  the only rooms that depend on this outside crate, or `none`
//! ```
//!
//! Document and manifests must agree: every dependency between rooms, or on an outside crate that
//! the document mentions, is drawn, and every drawn arrow exists.

use super::Room;
use anyhow::{Context, Result, bail, ensure};
use std::collections::BTreeSet;

const BLOCK: &str = "```arrows";
const NONE: &str = "none";

/// From a room, or its tests, to a room or an outside crate.
type Arrow = (String, String);

/// The document's arrows.
#[derive(Debug, Default, PartialEq)]
pub struct Drawn {
    /// The rooms with a line of their own.
    rooms: BTreeSet<String>,
    /// The outside crates that the document restricts.
    outside: BTreeSet<String>,
    arrows: BTreeSet<Arrow>,
}

/// Reads the arrows from the text of ARCHITECTURE.md.
pub fn parse(document: &str) -> Result<Drawn> {
    let (_, block) = document
        .split_once(BLOCK)
        .with_context(|| format!("ARCHITECTURE.md has no block {BLOCK}"))?;
    let (block, _) = block
        .split_once("```")
        .context("ARCHITECTURE.md does not close its block of arrows")?;
    let mut drawn = Drawn::default();
    for line in block.lines().filter(|line| !line.trim().is_empty()) {
        if let Some((from, to)) = line.split_once('→') {
            let from = from.trim().to_owned();
            if !from.ends_with(" tests") {
                ensure!(
                    drawn.rooms.insert(from.clone()),
                    "ARCHITECTURE.md has two lines for {from}"
                );
            }
            let arrows = names(to).map(|to| (from.clone(), to));
            drawn.arrows.extend(arrows);
        } else if let Some((outside, from)) = line.split_once('←') {
            let outside = outside.trim().to_owned();
            let arrows = names(from).map(|from| (from, outside.clone()));
            drawn.arrows.extend(arrows);
            drawn.outside.insert(outside);
        } else {
            bail!("a line among the arrows of ARCHITECTURE.md has no arrow: {line:?}");
        }
    }
    Ok(drawn)
}

fn names(list: &str) -> impl Iterator<Item = String> {
    list.split(',')
        .map(|name| name.trim().to_owned())
        .filter(|name| name != NONE)
}

/// The differences between the manifests and the document.
pub fn faults(workspace: &[Room], drawn: &Drawn) -> Vec<String> {
    let rooms: BTreeSet<&str> = workspace.iter().map(|room| room.name.as_str()).collect();
    let is_checked = |name: &str| rooms.contains(name) || drawn.outside.contains(name);
    let actual: BTreeSet<Arrow> = workspace
        .iter()
        .flat_map(arrows)
        .filter(|(_, to)| is_checked(to))
        .collect();

    let mut faults = Vec::new();
    for room in &rooms {
        if !drawn.rooms.contains(*room) {
            faults.push(format!("ARCHITECTURE.md has no line for the room {room}"));
        }
    }
    for room in &drawn.rooms {
        if !rooms.contains(room.as_str()) {
            faults.push(format!("ARCHITECTURE.md draws {room}, which is no room"));
        }
    }
    for (from, to) in actual.difference(&drawn.arrows) {
        faults.push(format!(
            "{from} depends on {to}, which ARCHITECTURE.md does not allow"
        ));
    }
    for (from, to) in drawn.arrows.difference(&actual) {
        faults.push(format!(
            "ARCHITECTURE.md draws {from} → {to}, but there is no such dependency"
        ));
    }
    faults
}

/// A room's arrows; those of its tests only where the room itself has no such arrow.
fn arrows(room: &Room) -> impl Iterator<Item = Arrow> {
    let own = room.dependencies.iter();
    let tests = room.dev_dependencies.difference(&room.dependencies);
    own.map(|to| (room.name.clone(), to.clone()))
        .chain(tests.map(|to| (format!("{} tests", room.name), to.clone())))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: &str = "# Rooms\n\n```arrows\n\
                            app       → picture, protocol\n\
                            app tests → server\n\
                            picture   → none\n\
                            protocol  → none\n\
                            server    → none\n\
                            \n\
                            leptos    ← app\n\
                            wgpu      ← none\n\
                            ```\n\nProse → of other kinds.\n";

    fn room(name: &str, dependencies: &[&str], dev_dependencies: &[&str]) -> Room {
        let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Room {
            name: name.to_owned(),
            dependencies: set(dependencies),
            dev_dependencies: set(dev_dependencies),
            roots: Vec::new(),
        }
    }

    /// The workspace that `DOCUMENT` describes.
    fn workspace() -> Vec<Room> {
        vec![
            room(
                "app",
                &["leptos", "picture", "protocol", "serde"],
                &["server"],
            ),
            room("picture", &["png"], &[]),
            room("protocol", &[], &[]),
            room("server", &[], &["tempfile"]),
        ]
    }

    fn faults_of(workspace: &[Room]) -> Vec<String> {
        faults(workspace, &parse(DOCUMENT).expect("parses"))
    }

    #[test]
    fn agreement_has_no_faults() {
        assert!(faults_of(&workspace()).is_empty());
    }

    #[test]
    fn an_arrow_that_turns_back_is_a_fault() {
        let mut workspace = workspace();
        workspace[1] = room("picture", &["png", "app"], &[]);
        assert_eq!(
            faults_of(&workspace),
            ["picture depends on app, which ARCHITECTURE.md does not allow"]
        );
    }

    #[test]
    fn an_arrow_that_the_document_lacks_is_a_fault() {
        let mut workspace = workspace();
        workspace[2] = room("protocol", &["picture"], &[]);
        assert_eq!(
            faults_of(&workspace),
            ["protocol depends on picture, which ARCHITECTURE.md does not allow"]
        );
    }

    #[test]
    fn an_arrow_that_no_manifest_has_is_a_fault() {
        let mut workspace = workspace();
        workspace[0] = room("app", &["leptos", "protocol"], &["server"]);
        assert_eq!(
            faults_of(&workspace),
            ["ARCHITECTURE.md draws app → picture, but there is no such dependency"]
        );
    }

    #[test]
    fn an_outside_crate_is_allowed_only_in_its_rooms() {
        let mut workspace = workspace();
        workspace[3] = room("server", &["leptos", "tokio"], &["wgpu"]);
        assert_eq!(
            faults_of(&workspace),
            [
                "server depends on leptos, which ARCHITECTURE.md does not allow",
                "server tests depends on wgpu, which ARCHITECTURE.md does not allow",
            ]
        );
    }

    #[test]
    fn tests_have_arrows_of_their_own() {
        let mut workspace = workspace();
        // Allowed for tests is not allowed for the room.
        workspace[0] = room("app", &["leptos", "picture", "protocol", "server"], &[]);
        assert_eq!(
            faults_of(&workspace),
            [
                "app depends on server, which ARCHITECTURE.md does not allow",
                "ARCHITECTURE.md draws app tests → server, but there is no such dependency",
            ]
        );
        // Allowed for the room is allowed for its tests.
        workspace[0] = room(
            "app",
            &["leptos", "picture", "protocol"],
            &["picture", "server"],
        );
        assert!(faults_of(&workspace).is_empty());
    }

    #[test]
    fn a_room_without_a_line_and_a_line_without_a_room_are_faults() {
        let mut workspace = workspace();
        workspace[3].name = "vault".to_owned();
        workspace[0].dev_dependencies.clear();
        assert_eq!(
            faults_of(&workspace),
            [
                "ARCHITECTURE.md has no line for the room vault",
                "ARCHITECTURE.md draws server, which is no room",
                "ARCHITECTURE.md draws app tests → server, but there is no such dependency",
            ]
        );
    }

    #[test]
    fn a_document_that_cannot_be_read_is_refused() {
        assert!(parse("no block").is_err());
        assert!(parse("```arrows\napp → picture\n").is_err());
        assert!(parse("```arrows\napp - picture\n```").is_err());
        assert!(parse("```arrows\napp → picture\napp → protocol\n```").is_err());
    }
}
