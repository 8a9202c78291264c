//! The last touch on `index.html`.
//!
//! The server's policy lets no inline script run, so Trunk's goes to a file of its own, and its
//! placeholders for nonces go away. What the app must know of this build stands in `<meta>`s.

use super::write_hashed;
use crate::files;
use anyhow::{Context, Result, bail, ensure};
use std::ops::Range;
use std::path::Path;

/// Addresses that only the build knows.
pub struct Config {
    pub worker_gpu: String,
    pub worker_cpu: String,
    pub model: String,
}

pub fn finish(staging: &Path, config: &Config) -> Result<()> {
    let file = staging.join("index.html");
    let page = without_attribute(&files::read_text(&file)?, "nonce", &|_| true);
    // Browsers do not check the integrity of what is preloaded for `fetch`, and warn that they
    // do not. The wasm comes from our own origin, named by its contents.
    let page = without_attribute(&page, "integrity", &|tag| {
        attribute(tag, "as").is_some_and(|range| tag[range].contains("fetch"))
    });
    let page = scripts_to_files(&page, staging)?;
    let page = with_metas(&page, config)?;
    files::write(&file, page)
}

/// Each inline script becomes a file.
fn scripts_to_files(page: &str, staging: &Path) -> Result<String> {
    let mut out = String::new();
    let mut rest = page;
    while let Some(start) = rest.find("<script") {
        let (before, script) = rest.split_at(start);
        let open_end = script.find('>').context("a <script> tag does not end")?;
        let close = script
            .find("</script>")
            .context("a <script> is not closed")?;
        let (open, body) = (&script[..open_end], &script[open_end + 1..close]);
        out.push_str(before);
        if body.trim().is_empty() {
            ensure!(
                open.contains("src="),
                "a <script> has neither a source nor a body"
            );
            out.push_str(&script[..close + "</script>".len()]);
        } else {
            if open.contains("src=") {
                bail!("a <script> has both a source and a body");
            }
            let name = write_hashed(staging, "boot", "js", body.trim().as_bytes())?;
            out.push_str(&format!("{open} src=\"/{name}\"></script>"));
        }
        rest = &script[close + "</script>".len()..];
    }
    out.push_str(rest);
    Ok(out)
}

/// Removes ` name="…"` from the tags that `applies` to.
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

/// Where ` name="…"` or ` name=…` stands in a tag, with the space before it.
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

/// Adds what the app must know; a name that the page has already is left as it is.
fn with_metas(page: &str, config: &Config) -> Result<String> {
    let values = [
        ("image2-worker-gpu", &config.worker_gpu),
        ("image2-worker-cpu", &config.worker_cpu),
        ("image2-model", &config.model),
    ];
    let mut metas = String::new();
    for (name, content) in values {
        if !page.contains(&format!("name=\"{name}\"")) {
            metas.push_str(&format!("<meta name=\"{name}\" content=\"{content}\">\n"));
        }
    }
    ensure!(page.contains("</head>"), "index.html has no </head>");
    Ok(page.replacen("</head>", &format!("{metas}</head>"), 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_go_quoted_or_not() {
        let page = r#"<script nonce="a b" src=x></script><link nonce=c>text nonce=d"#;
        let cleaned = without_attribute(page, "nonce", &|_| true);
        assert_eq!(cleaned, "<script src=x></script><link>text nonce=d");
    }

    #[test]
    fn a_meta_that_stands_in_the_page_is_not_doubled() {
        let config = Config {
            worker_gpu: "g".into(),
            worker_cpu: "c".into(),
            model: "m".into(),
        };
        let page = r#"<head><meta name="image2-model" content="own"></head>"#;
        let page = with_metas(page, &config).expect("a page");
        assert!(
            page.contains("own") && !page.contains("\"m\"") && page.contains("\"g\""),
            "{page}"
        );
    }

    const TRUNKS: &str = r#"<!DOCTYPE html><html><head><title>Image 2</title>
<link rel="modulepreload" href="/a-1.js" crossorigin="anonymous" integrity="sha384-js" nonce="{{__TRUNK_NONCE__}}">
<link rel="preload" href="/a-1_bg.wasm" crossorigin="anonymous" integrity="sha384-wasm" as="fetch" type="application/wasm"></head>
<body><script type="module" nonce="{{__TRUNK_NONCE__}}">
import init from '/a-1.js';
await init({ module_or_path: '/a-1_bg.wasm' });
</script></body></html>"#;

    #[test]
    fn no_script_and_no_nonce_stays_in_the_page() {
        let folder = std::env::temp_dir().join(format!("image2-html-{}", std::process::id()));
        files::write(&folder.join("index.html"), TRUNKS).expect("writes");
        let config = Config {
            worker_gpu: "/worker/gpu-0.js".into(),
            worker_cpu: "/worker/cpu-0.js".into(),
            model: "/models/m/".into(),
        };
        finish(&folder, &config).expect("finishes");

        let page = files::read_text(&folder.join("index.html")).expect("reads");
        assert!(
            !page.contains("nonce") && !page.contains("import init"),
            "{page}"
        );
        assert!(
            page.contains("sha384-js") && !page.contains("sha384-wasm"),
            "{page}"
        );
        assert!(page.contains(r#"<meta name="image2-worker-gpu" content="/worker/gpu-0.js">"#));
        let (_, after) = page
            .split_once("<script type=\"module\" src=\"/")
            .expect("a script");
        let (name, _) = after.split_once('"').expect("a source");
        let script = files::read_text(&folder.join(name)).expect("reads");
        assert!(
            script.starts_with("import init from '/a-1.js';"),
            "{script}"
        );
        files::remove_folder(&folder).expect("removes");
    }
}
