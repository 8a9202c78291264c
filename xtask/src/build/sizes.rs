//! The size of what a visitor downloads, and its limits.

use super::compress::copy_of;
use crate::files;
use anyhow::{Result, bail};
use std::path::Path;

/// A part of the download.
struct Part {
    name: &'static str,
    /// Whether a file of `dist/`, by its relative name, belongs to it.
    holds: fn(&str) -> bool,
    limit_bytes: u64,
}

const KB: u64 = 1000;

const PARTS: [Part; 3] = [
    Part {
        name: "GPU worker",
        holds: |name| name.starts_with("worker/gpu"),
        limit_bytes: 340 * KB,
    },
    Part {
        name: "CPU worker",
        holds: |name| name.starts_with("worker/cpu"),
        limit_bytes: 310 * KB,
    },
    Part {
        name: "page",
        holds: is_page,
        limit_bytes: 400 * KB,
    },
];

/// Code and style of the app itself: files at the top level, without icons and text pages.
fn is_page(name: &str) -> bool {
    !name.contains('/')
        && name != "model.html"
        && !name.starts_with("document-")
        && [".html", ".js", ".wasm", ".css"]
            .iter()
            .any(|end| name.ends_with(end))
}

struct Size {
    raw_bytes: u64,
    /// As transferred: the compressed copy counts where there is one.
    sent_bytes: u64,
}

/// Prints the size of each part.
pub fn print(dist: &Path) -> Result<()> {
    println!(
        "  {:<12} {:>10} {:>10} {:>10}",
        "", "raw", "brotli", "limit"
    );
    for part in &PARTS {
        let size = measure(dist, part)?;
        println!(
            "  {:<12} {:>7} kB {:>7} kB {:>7} kB",
            part.name,
            size.raw_bytes.div_ceil(KB),
            size.sent_bytes.div_ceil(KB),
            part.limit_bytes / KB
        );
    }
    Ok(())
}

/// Prints the sizes and fails if a part is missing or larger than its limit.
pub fn check(dist: &Path) -> Result<()> {
    print(dist)?;
    for part in &PARTS {
        let size = measure(dist, part)?;
        if size.raw_bytes == 0 {
            bail!("dist/ has no files for the {}", part.name);
        }
        if size.sent_bytes > part.limit_bytes {
            let over = (size.sent_bytes - part.limit_bytes).div_ceil(KB);
            bail!("the {} is {over} kB over its limit", part.name);
        }
    }
    Ok(())
}

fn measure(dist: &Path, part: &Part) -> Result<Size> {
    let mut size = Size {
        raw_bytes: 0,
        sent_bytes: 0,
    };
    for file in files::walk(dist, &files::everything)? {
        let name = file
            .strip_prefix(dist)?
            .to_string_lossy()
            .replace('\\', "/");
        if name.ends_with(".br") || !(part.holds)(&name) {
            continue;
        }
        let raw_bytes = file.metadata()?.len();
        size.raw_bytes += raw_bytes;
        size.sent_bytes += copy_of(&file)
            .metadata()
            .map_or(raw_bytes, |copy| copy.len());
    }
    Ok(size)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_over_its_limit_fails() {
        let dist = std::env::temp_dir().join(format!("image2-sizes-{}", std::process::id()));
        for name in ["worker/gpu-0.wasm", "worker/cpu-0.wasm", "app-0.wasm"] {
            files::write(&dist.join(name), [0; 10]).expect("writes");
        }
        check(&dist).expect("all parts are small");
        files::write(&dist.join("worker/cpu-1.wasm"), vec![0; 600_000]).expect("writes");
        assert!(
            check(&dist)
                .expect_err("too large")
                .to_string()
                .contains("CPU worker")
        );
        // The compressed copy is what counts.
        files::write(&dist.join("worker/cpu-1.wasm.br"), [0; 10]).expect("writes");
        check(&dist).expect("the compressed copy is small");
        files::remove_folder(&dist).expect("removes");
    }
}
