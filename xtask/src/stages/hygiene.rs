//! A test that is switched off is worse than none: it is counted on. So none may be.

use crate::{files, paths, shell};
use anyhow::{Result, bail};

/// What switches a test off, or leaves others out, by a file's extension. In two halves each, so
/// that this file does not accuse itself.
const MARKS: [(&str, &str, &str); 8] = [
    ("rs", "#[igno", "re"),
    ("mjs", "test.sk", "ip("),
    ("mjs", "it.sk", "ip("),
    ("mjs", "describe.sk", "ip("),
    ("mjs", "test.to", "do("),
    ("mjs", "{ sk", "ip:"),
    ("mjs", "test.on", "ly("),
    ("py", "pytest.mark.sk", "ip"),
];

pub fn check() -> Result<()> {
    // New files too, so that the check fails before the commit and not after it.
    let list = shell::program("git")
        .args([
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ])
        .read()?;
    let mut found = Vec::new();
    for name in list
        .split('\0')
        .filter(|name| marks_of(name).next().is_some())
    {
        let path = paths::root().join(name);
        // Deleted, but not yet in the index.
        if !path.is_file() {
            continue;
        }
        let text = files::read_text(&path)?;
        for (number, line) in text.lines().enumerate() {
            if let Some(mark) = marks_of(name).find(|mark| line.contains(mark.as_str())) {
                found.push(format!("{name}:{}: {mark}", number + 1));
            }
        }
    }
    if !found.is_empty() {
        bail!("tests are switched off:\n    {}", found.join("\n    "));
    }
    Ok(())
}

fn marks_of(name: &str) -> impl Iterator<Item = String> {
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    let of_kind = MARKS.iter().filter(move |(kind, _, _)| *kind == extension);
    of_kind.map(|(_, first, second)| format!("{first}{second}"))
}
