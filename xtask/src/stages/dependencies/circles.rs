//! No circles of modules: two neighbours that name each other can only be understood together.
//!
//! Modules are compared with their siblings: `a` depends on `b` if anything in `a` or below it names
//! anything in `b` or below it. A module and its own children may name each other; they are one
//! unit to the rest of the crate.

use super::Room;
use super::modules::{self, Module, Uses};
use anyhow::Result;
use std::collections::{BTreeMap, BTreeSet};

/// Circles that exist today, as a room and its modules in alphabetical order. Remove an entry when
/// its circle is untied, and add none.
const STANDING: [(&str, &str); 1] = [("app", "create ↔ shell")];

/// Circles that are not in the list, and entries of the list without a circle.
pub fn faults(workspace: &[Room]) -> Result<Vec<String>> {
    let mut found = BTreeMap::new();
    for room in workspace {
        for root in &room.roots {
            let circles = circles(&modules::uses(root)?).into_iter();
            found.extend(circles.map(|(circle, uses)| ((room.name.clone(), circle), uses)));
        }
    }
    Ok(differences(&found, &STANDING))
}

/// Circles by room and modules, each with the uses that close it.
type Found = BTreeMap<(String, String), String>;

fn differences(found: &Found, standing: &[(&str, &str)]) -> Vec<String> {
    let is_standing = |room: &str, circle: &str| standing.contains(&(room, circle));
    let new = found
        .iter()
        .filter(|((room, circle), _)| !is_standing(room, circle))
        .map(|((room, circle), uses)| {
            format!("modules of {room} form a circle: {circle} ({uses})")
        });
    let stale = standing
        .iter()
        .filter(|(room, circle)| !found.contains_key(&((*room).to_owned(), (*circle).to_owned())))
        .map(|(room, circle)| {
            format!("{room} no longer has the circle {circle}: remove it from circles.rs")
        });
    new.chain(stale).collect()
}

/// The circles of a crate, each as `a ↔ b`, where every module leads to every other, with one use
/// for each of its arrows.
fn circles(uses: &Uses) -> BTreeMap<String, String> {
    let siblings = siblings(uses);
    let reached = closure(&siblings);
    let mut circles = BTreeMap::new();
    for (module, others) in &reached {
        let leads_back =
            |other: &&Module| reached.get(*other).is_some_and(|of| of.contains(module));
        let circle: BTreeSet<&Module> = others.iter().filter(leads_back).collect();
        let is_inside =
            |(from, to): &(Module, Module)| circle.contains(from) && circle.contains(to);
        let inside = siblings.iter().filter(|(arrow, _)| is_inside(arrow));
        let examples: Vec<String> = inside
            .map(|(_, (from, to))| format!("{} names {}", from.join("::"), to.join("::")))
            .collect();
        if !circle.is_empty() {
            let names: Vec<String> = circle.iter().map(|module| module.join("::")).collect();
            circles.insert(names.join(" ↔ "), examples.join(", "));
        }
    }
    circles
}

/// Lifts each use to the two siblings that contain its ends, and keeps one use for each pair. Uses
/// between a module and one that contains it have no such siblings.
fn siblings(uses: &Uses) -> BTreeMap<(Module, Module), (&Module, &Module)> {
    let mut siblings = BTreeMap::new();
    for (from, to) in uses {
        let shared = from.iter().zip(to).take_while(|(a, b)| a == b).count();
        if shared < from.len() && shared < to.len() {
            let arrow = (from[..=shared].to_vec(), to[..=shared].to_vec());
            siblings.insert(arrow, (from, to));
        }
    }
    siblings
}

/// For each module, all that it leads to in one step or several.
fn closure<T>(arrows: &BTreeMap<(Module, Module), T>) -> BTreeMap<Module, BTreeSet<Module>> {
    let mut reached: BTreeMap<Module, BTreeSet<Module>> = BTreeMap::new();
    for (from, to) in arrows.keys() {
        reached.entry(from.clone()).or_default().insert(to.clone());
    }
    let modules: Vec<Module> = reached.keys().cloned().collect();
    for middle in &modules {
        let further = reached[middle].clone();
        for found in reached.values_mut() {
            if found.contains(middle) {
                found.extend(further.iter().cloned());
            }
        }
    }
    reached
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files;
    use std::path::PathBuf;

    /// A crate in a folder of its own.
    fn crate_of(name: &str, sources: &[(&str, &str)]) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("image2-{name}-{}", std::process::id()));
        for (file, text) in sources {
            files::write(&folder.join(file), text).expect("writes");
        }
        folder
    }

    fn circles_of(name: &str, sources: &[(&str, &str)]) -> Vec<String> {
        let folder = crate_of(name, sources);
        let uses = modules::uses(&folder.join("lib.rs")).expect("reads");
        files::remove_folder(&folder).expect("removes");
        circles(&uses).into_keys().collect()
    }

    #[test]
    fn neighbours_that_name_each_other_form_a_circle() {
        let sources = [
            ("lib.rs", "mod a;\nmod b;\nmod c;"),
            ("a.rs", "use crate::b::B;\npub struct A(B);"),
            ("b.rs", "use super::{a, c::C};\npub fn f(_: a::A, _: C) {}"),
            ("c.rs", "pub struct C;"),
        ];
        assert_eq!(circles_of("circle", &sources), ["a ↔ b"]);
    }

    #[test]
    fn a_circle_may_have_several_steps_and_lead_through_children() {
        let sources = [
            ("lib.rs", "mod a;\nmod b;\nmod c;"),
            ("a.rs", "mod deep;"),
            ("a/deep.rs", "pub fn f() { crate::b::f() }"),
            ("b.rs", "pub fn f() { crate::c::inner::f() }"),
            ("c/mod.rs", "pub mod inner;"),
            (
                "c/inner.rs",
                "pub fn f() -> super::super::a::A { unreachable!() }",
            ),
        ];
        assert_eq!(circles_of("steps", &sources), ["a ↔ b ↔ c"]);
    }

    #[test]
    fn children_of_one_module_are_compared_too() {
        let sources = [
            ("lib.rs", "mod a;"),
            ("a.rs", "mod x;\nmod y { pub fn f() { super::x::f() } }"),
            ("a/x.rs", "pub fn f() { super::y::f() }"),
        ];
        assert_eq!(circles_of("children", &sources), ["a::x ↔ a::y"]);
    }

    #[test]
    fn re_exports_and_macros_are_followed() {
        let sources = [
            ("lib.rs", "mod a;\nmod b;\npub use b::Named as Known;"),
            ("a.rs", "use crate::Known;\npub const A: u8 = 1;"),
            (
                "b.rs",
                "pub struct Named;\nfn f() { println!(\"{}\", crate::a::A) }",
            ),
        ];
        assert_eq!(circles_of("exports", &sources), ["a ↔ b"]);
    }

    #[test]
    fn paths_without_an_import_count_in_types_and_expressions() {
        let sources = [
            ("lib.rs", "mod a;\nmod b;"),
            ("a.rs", "pub struct A;\npub fn f(of: &crate::b::B) {}"),
            ("b.rs", "pub struct B { a: super::a::A }"),
        ];
        assert_eq!(circles_of("types", &sources), ["a ↔ b"]);
    }

    #[test]
    fn a_module_and_its_children_may_name_each_other() {
        let sources = [
            ("lib.rs", "mod a;\npub struct Shared;"),
            ("a.rs", "mod child;\nuse child::C;\npub struct A(C);"),
            ("a/child.rs", "use super::A;\npub struct C(crate::Shared);"),
        ];
        assert!(circles_of("family", &sources).is_empty());
    }

    #[test]
    fn tests_and_outside_crates_do_not_count() {
        let sources = [
            ("lib.rs", "mod a;\nmod b;\n#[cfg(test)]\nmod tests;"),
            (
                "a.rs",
                "use crate::b::B;\n#[cfg(test)]\nmod tests { use crate::b; }\npub struct A;",
            ),
            (
                "b.rs",
                "use ::a::Other;\npub struct B;\n#[cfg(test)]\nuse crate::a::A;\n\
                 #[cfg(all(test, unix))]\nfn f() { crate::a::f() }",
            ),
        ];
        assert!(circles_of("tests", &sources).is_empty());
    }

    #[test]
    fn new_circles_and_untied_ones_are_faults() {
        let (circle, uses) = ("a ↔ b".to_owned(), "a names b, b::c names a".to_owned());
        let found = Found::from([(("app".to_owned(), circle), uses)]);
        assert_eq!(
            differences(&found, &[("app", "c ↔ d")]),
            [
                "modules of app form a circle: a ↔ b (a names b, b::c names a)",
                "app no longer has the circle c ↔ d: remove it from circles.rs"
            ]
        );
        assert!(differences(&found, &[("app", "a ↔ b")]).is_empty());
    }

    #[test]
    fn a_circle_is_explained_by_one_use_for_each_arrow() {
        let module = |path: &str| path.split("::").map(str::to_owned).collect();
        let uses = Uses::from([
            (module("a"), module("b")),
            (module("b::c"), module("a")),
            (module("a"), module("d")),
        ]);
        assert_eq!(
            circles(&uses),
            BTreeMap::from([("a ↔ b".to_owned(), "a names b, b::c names a".to_owned())])
        );
    }
}
