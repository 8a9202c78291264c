//! Finishes the `index.html` that Trunk wrote.
//!
//! `<meta>` elements give the page the values that only the build knows, such as hashed addresses.

use crate::files;
use anyhow::{Result, ensure};
use std::ops::Range;
use std::path::Path;

/// Adds the addresses of both workers and removes what browsers would warn about.
pub fn finish(staging: &Path, worker_gpu: &str, worker_cpu: &str) -> Result<()> {
    let file = staging.join("index.html");
    // Browsers do not check the integrity of a preload for `fetch`, and log a warning instead. The
    // wasm comes from the page's own origin under a name that contains its hash.
    let page = without_attribute(&files::read_text(&file)?, "integrity", &|tag| {
        attribute(tag, "as").is_some_and(|range| tag[range].contains("fetch"))
    });
    files::write(&file, page)?;
    add_meta(staging, "image2-worker-gpu", worker_gpu)?;
    add_meta(staging, "image2-worker-cpu", worker_cpu)
}

/// Adds `<meta name="…" content="…">` to the head of `index.html`. The name must be new there:
/// the page reads the first element of a name, so a second one would have no effect.
pub fn add_meta(staging: &Path, name: &str, content: &str) -> Result<()> {
    let file = staging.join("index.html");
    let page = files::read_text(&file)?;
    ensure!(page.contains("</head>"), "index.html has no </head>");
    ensure!(
        !page.contains(&format!("name=\"{name}\"")),
        "index.html already has a <meta> named {name}"
    );
    let meta = format!("<meta name=\"{name}\" content=\"{content}\">\n</head>");
    files::write(&file, page.replacen("</head>", &meta, 1))
}

/// Removes ` name="…"` from the tags for which `applies` returns true.
fn without_attribute(page: &str, name: &str, applies: &dyn Fn(&str) -> bool) -> String {
    let mut out = String::new();
    let mut rest = page;
    while let Some(start) = rest.find('<') {
        let end = rest[start..]
            .find('>')
            .map_or(rest.len(), |length| start + length + 1);
        let tag = &rest[start..end];
        out.push_str(&rest[..start]);
        match attribute(tag, name).filter(|_| applies(tag)) {
            Some(range) => {
                out.push_str(&tag[..range.start]);
                out.push_str(&tag[range.end..]);
            }
            None => out.push_str(tag),
        }
        rest = &rest[end..];
    }
    out.push_str(rest);
    out
}

/// The range of ` name="…"` or ` name=…` in a tag, including the space before it.
fn attribute(tag: &str, name: &str) -> Option<Range<usize>> {
    let head = format!(" {name}=");
    let start = tag.find(&head)?;
    let value = &tag[start + head.len()..];
    let length = match value.strip_prefix('"') {
        Some(quoted) => quoted.find('"')? + 2,
        None => value.find([' ', '>'])?,
    };
    Some(start..start + head.len() + length)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As Trunk writes it with the settings of `Trunk.toml`.
    const TRUNKS: &str = r#"<!DOCTYPE html><html><head><title>Image 2</title>
<link rel="modulepreload" href="/a-1.js" crossorigin="anonymous" integrity="sha384-js">
<link rel="preload" href="/a-1_bg.wasm" crossorigin="anonymous" integrity="sha384-wasm" as="fetch" type="application/wasm"></head>
<body></body></html>"#;

    fn staging(name: &str) -> std::path::PathBuf {
        let folder = std::env::temp_dir().join(format!("image2-{name}-{}", std::process::id()));
        files::write(&folder.join("index.html"), TRUNKS).expect("writes");
        folder
    }

    #[test]
    fn attributes_are_removed_with_or_without_quotes() {
        let page = r#"<script nonce="a b" src=x></script><link nonce=c>text nonce=d"#;
        let cleaned = without_attribute(page, "nonce", &|_| true);
        assert_eq!(cleaned, "<script src=x></script><link>text nonce=d");
    }

    #[test]
    fn only_a_preload_for_fetch_loses_its_integrity() {
        let folder = staging("integrity");
        finish(&folder, "/worker/gpu-0.js", "/worker/cpu-0.js").expect("finishes");
        let page = files::read_text(&folder.join("index.html")).expect("reads");
        assert!(
            page.contains("sha384-js") && !page.contains("sha384-wasm"),
            "{page}"
        );
        files::remove_folder(&folder).expect("removes");
    }

    #[test]
    fn metas_are_added_to_the_head_once() {
        let folder = staging("metas");
        finish(&folder, "/worker/gpu-0.js", "/worker/cpu-0.js").expect("finishes");
        let page = files::read_text(&folder.join("index.html")).expect("reads");
        let (head, _) = page.split_once("</head>").expect("a head");
        for (kind, address) in [("gpu", "/worker/gpu-0.js"), ("cpu", "/worker/cpu-0.js")] {
            let meta = format!(r#"<meta name="image2-worker-{kind}" content="{address}">"#);
            assert!(head.contains(&meta), "{page}");
        }
        let again = add_meta(&folder, "image2-worker-gpu", "/worker/gpu-1.js");
        assert!(again.is_err_and(|error| error.to_string().contains("image2-worker-gpu")));
        files::remove_folder(&folder).expect("removes");
    }
}
