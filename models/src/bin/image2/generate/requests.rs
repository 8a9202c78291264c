//! What one call of `image2 generate` asks for: one prompt several times, or a file of prompts.

use std::path::{Component, Path, PathBuf};

use anyhow::{Context as _, bail};
use serde::Deserialize;

use crate::args::{Generate, parse_size};

/// One picture to make.
#[derive(Debug, PartialEq, Eq)]
pub struct Request {
    pub prompt: String,
    pub seed: u64,
    /// Width and height in pixels; the model's if not given.
    pub size: Option<[u32; 2]>,
    pub output: PathBuf,
    /// The line that asked for it, to begin a sentence about its failure.
    pub origin: Option<String>,
}

/// A line of a file of prompts.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    prompt: String,
    seed: Option<u64>,
    size: Option<String>,
    output: PathBuf,
}

/// Everything that `args` ask for, checked before any work.
pub fn of(args: &Generate) -> anyhow::Result<Vec<Request>> {
    if let Some(file) = &args.prompts {
        let text = std::fs::read_to_string(file)
            .with_context(|| format!("cannot read {}", file.display()))?;
        let requests = parse(&text, &file.display().to_string(), &args.output)?;
        std::fs::create_dir_all(&args.output)
            .with_context(|| format!("cannot make the folder {}", args.output.display()))?;
        return Ok(requests);
    }
    let prompt = args.prompt.clone().unwrap_or_default();
    let seed = args.seed.map_or_else(roll, Ok)?;
    Ok((0..args.count)
        .map(|i| Request {
            prompt: prompt.clone(),
            seed: seed.wrapping_add(u64::from(i)),
            size: args.size,
            output: numbered(&args.output, i, args.count),
            origin: None,
        })
        .collect())
}

fn parse(text: &str, name: &str, folder: &Path) -> anyhow::Result<Vec<Request>> {
    let mut requests = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        if line.trim().is_empty() {
            continue;
        }
        let origin = format!("line {number} of {name}");
        let mut request = request(line, folder).with_context(|| origin.clone())?;
        request.origin = Some(origin);
        requests.push(request);
    }
    if requests.is_empty() {
        bail!("{name} has no prompts");
    }
    Ok(requests)
}

fn request(line: &str, folder: &Path) -> anyhow::Result<Request> {
    let line: Line = serde_json::from_str(line)?;
    // A list that came from elsewhere must not write outside the folder.
    let plain = matches!(
        line.output.components().collect::<Vec<_>>()[..],
        [Component::Normal(_)]
    );
    if !plain {
        bail!("{:?} is not the name of a file alone", line.output);
    }
    let size = line.size.as_deref().map(parse_size).transpose();
    Ok(Request {
        prompt: line.prompt,
        seed: line.seed.map_or_else(roll, Ok)?,
        size: size.map_err(anyhow::Error::msg)?,
        output: folder.join(line.output),
        origin: None,
    })
}

fn roll() -> anyhow::Result<u64> {
    // 32 bits: short enough to read out and type in.
    let mut bytes = [0; 4];
    getrandom::fill(&mut bytes).map_err(|error| anyhow::anyhow!("no random numbers: {error}"))?;
    Ok(u64::from(u32::from_le_bytes(bytes)))
}

/// `picture.png` → `picture-3.png`, for the third of several.
fn numbered(path: &Path, index: u32, count: u32) -> PathBuf {
    if count == 1 {
        return path.to_owned();
    }
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let ending = path
        .extension()
        .map(|ending| format!(".{}", ending.to_string_lossy()))
        .unwrap_or_default();
    path.with_file_name(format!("{stem}-{}{ending}", index + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> anyhow::Result<Vec<Request>> {
        parse(text, "list", Path::new("out"))
    }

    #[test]
    fn a_line_says_prompt_seed_size_and_file() {
        let text = "{\"prompt\": \"a cat\", \"seed\": 3, \"size\": \"64x48\", \"output\": \"cat.png\"}\n\n\
                    {\"prompt\": \"a dog\", \"output\": \"dog.png\"}\n";
        let requests = read(text).expect("two lines");
        assert_eq!(
            requests[0],
            Request {
                prompt: "a cat".into(),
                seed: 3,
                size: Some([64, 48]),
                output: "out/cat.png".into(),
                origin: Some("line 1 of list".into()),
            }
        );
        assert_eq!((requests.len(), requests[1].size), (2, None));
        assert_eq!(requests[1].origin.as_deref(), Some("line 3 of list"));
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        for (line, complaint) in [
            ("{\"prompt\": \"a cat\"}", "output"),
            (
                "{\"prompt\": \"a cat\", \"output\": \"../cat.png\"}",
                "alone",
            ),
            (
                "{\"prompt\": \"a cat\", \"output\": \"/tmp/cat.png\"}",
                "alone",
            ),
            (
                "{\"prompt\": \"a cat\", \"output\": \"c\", \"size\": \"big\"}",
                "size",
            ),
            (
                "{\"prompt\": \"a cat\", \"output\": \"c\", \"colour\": 1}",
                "colour",
            ),
            ("cat", "expected"),
        ] {
            let error = read(&format!("\n{line}")).expect_err(line);
            let sentence = format!("{error:#}");
            assert!(
                sentence.starts_with("line 2 of list") && sentence.contains(complaint),
                "{sentence}"
            );
        }
        assert!(read("\n").is_err());
    }
}
