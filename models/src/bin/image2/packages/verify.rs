//! `image2 models verify`.

use std::path::Path;

use anyhow::Context as _;
use serde_json::json;

use crate::answer::{Answer, End};
use crate::names::shown;

pub fn run(path: &Path) -> anyhow::Result<Answer> {
    let report = image2_package::verify(path)
        .with_context(|| format!("cannot verify the package {}", shown(path)))?;
    let (mut lines, mut faults) = (Vec::new(), Vec::new());
    for fault in &report.faults {
        lines.push(format!("{}: {fault}", fault.code()));
        faults.push(json!({ "code": fault.code(), "message": fault.to_string() }));
    }
    for name in &report.unlisted {
        lines.push(format!("not part of the package: {name}"));
    }
    lines.push(format!(
        "{} files, {:.1} MB sound",
        report.files,
        report.size_bytes as f64 / 1e6
    ));
    let value = json!({
        "sound": report.is_sound(),
        "files": report.files,
        "size_bytes": report.size_bytes,
        "faults": faults,
        "unlisted": report.unlisted,
    });
    let mut answer = Answer::done(lines, value);
    if !report.is_sound() {
        answer.end = End::Unsound;
    }
    Ok(answer)
}
