//! Checks the languages in `src/locales` and writes a function for each message.
//!
//! A fault ends the build: the page is never built with half a language.

#[path = "src/locales/check.rs"]
mod check;
#[path = "src/locales/pattern.rs"]
mod pattern;

use std::collections::BTreeMap;
use std::path::Path;
use std::{env, fs, process};

use pattern::Patterns;

/// Families whose keys are found by a code at run time; see `Message::coded`.
const CODED: [&str; 2] = ["failure", "note"];

fn main() {
    println!("cargo::rerun-if-changed=src/locales");
    println!("cargo::rerun-if-changed=index.html");
    println!("cargo::rerun-if-changed=style/boot.css");
    println!("cargo::rerun-if-changed=../public/manifest.webmanifest");
    let (languages, mut faults) = read(Path::new("src/locales"));
    let english = languages.get("en").cloned().unwrap_or_default();
    for (tag, patterns) in &languages {
        faults.extend(check::faults(tag, patterns, &english));
        faults.extend(static_faults(tag));
    }
    if !faults.is_empty() {
        for fault in faults {
            println!("cargo::error={fault}");
        }
        process::exit(1);
    }
    let folder = env::var_os("OUT_DIR").expect("cargo sets it");
    let file = Path::new(&folder).join("messages.rs");
    fs::write(file, functions(&english)).expect("OUT_DIR is writable");
}

/// All languages by tag, and what is wrong with their files.
fn read(folder: &Path) -> (BTreeMap<String, Patterns>, Vec<String>) {
    let (mut languages, mut faults) = (BTreeMap::new(), vec![]);
    for entry in fs::read_dir(folder).expect("src/locales is there") {
        let path = entry.expect("src/locales is readable").path();
        if path.extension().is_some_and(|extension| extension == "ftl") {
            let name = path.file_stem().unwrap_or_default().to_string_lossy();
            let file = fs::read_to_string(&path).expect("a language is UTF-8");
            match pattern::parse(&file) {
                Ok(patterns) => _ = languages.insert(name.into_owned(), patterns),
                Err(fault) => faults.push(format!("{}: {fault}", path.display())),
            }
        }
    }
    (languages, faults)
}

/// Sentences outside the catalogue: the page shows them before the wasm runs, or the system does.
fn static_faults(tag: &str) -> Vec<String> {
    let index = fs::read_to_string("index.html").expect("index.html is there");
    let style = fs::read_to_string("style/boot.css").expect("boot.css is there");
    let manifest =
        fs::read_to_string("../public/manifest.webmanifest").expect("the manifest is there");
    let count = |tag: &str| index.matches(&format!("<span lang=\"{tag}\"")).count();
    let mut faults = vec![];
    if count(tag) != count("en") || count("en") == 0 {
        faults.push(format!(
            "index.html: not every sentence is there in “{tag}”"
        ));
    }
    if tag != "en" && !style.contains(&format!("span[lang=\"{tag}\"]")) {
        faults.push(format!("boot.css: sentences in “{tag}” are never shown"));
    }
    if tag != "en" && !manifest.contains(&format!("\"{tag}\": {{ \"value\":")) {
        faults.push(format!("manifest.webmanifest: no description in “{tag}”"));
    }
    faults
}

/// The functions, and the keys of the [`CODED`] families.
fn functions(english: &Patterns) -> String {
    let mut out = String::new();
    let mut coded = vec![];
    for (key, pattern) in english {
        let family = key.split('-').next().unwrap_or_default();
        if CODED.contains(&family) {
            coded.push(key);
            continue;
        }
        let names = check::arguments(pattern);
        let list = |form: fn(&str) -> String| -> String {
            let items: Vec<_> = names.iter().map(|name| form(name)).collect();
            items.join(", ")
        };
        out += &format!(
            "pub fn {}({}) -> Message {{ Message::new({key:?}, [{}]) }}\n",
            key.replace('-', "_"),
            list(|name| format!("{name}: impl Into<Value>")),
            list(|name| format!("({name:?}, {name}.into())")),
        );
    }
    out + &format!("pub const CODED: [&str; {}] = {coded:?};\n", coded.len())
}
