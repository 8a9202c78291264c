//! Checks of the sources as text: spelling, and that no test is disabled.

use crate::{files, paths, setup, shell};
use anyhow::{Result, bail};

/// Text that disables a test or excludes others, by file extension. Each is split into two halves so
/// that this file does not match.
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

pub fn spelling() -> Result<()> {
    shell::program(setup::typos()?).run()
}

/// Fails if a test is disabled: people rely on tests that exist.
pub fn no_disabled_tests() -> Result<()> {
    // Includes untracked files, so that the check fails before a commit rather than after it.
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
        // Deleted in the working tree but not in the index.
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
        bail!("disabled tests:\n    {}", found.join("\n    "));
    }
    Ok(())
}

fn marks_of(name: &str) -> impl Iterator<Item = String> {
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    let of_kind = MARKS.iter().filter(move |(kind, _, _)| *kind == extension);
    of_kind.map(|(_, first, second)| format!("{first}{second}"))
}
