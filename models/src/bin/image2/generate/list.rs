//! Lists of prompts, one JSON object a line. A list is untrusted: its outputs are plain file names,
//! so that every picture stays in the chosen folder.

use std::path::{Component, Path, PathBuf};

use image2_picture::UnknownColour;
use serde::Deserialize;

use super::request::{Request, roll};
use crate::args::parse_size;
use crate::failure::InputError;
use crate::text_file::Text;

/// A line of a list.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    prompt: String,
    seed: Option<u64>,
    size: Option<String>,
    ground: Option<String>,
    output: PathBuf,
}

/// Parses a list whose pictures go to `folder`. Blank lines are skipped.
pub fn parse(list: &Text, folder: &Path) -> anyhow::Result<Vec<Request>> {
    let mut requests = Vec::new();
    for (number, line) in (1..).zip(list.content.lines()) {
        // Concatenated lists have a byte order mark at the start of a later line.
        let line = line.trim_start_matches('\u{feff}').trim();
        if line.is_empty() {
            continue;
        }
        let origin = format!("line {number} of {}", list.name);
        let invalid = |reason: String| InputError::Invalid {
            place: origin.clone(),
            reason,
        };
        let line = read(line).map_err(invalid)?;
        let size = line.size.as_deref().map(parse_size);
        let ground = line.ground.as_deref().map(str::parse);
        requests.push(Request {
            prompt: line.prompt,
            seed: line.seed.map_or_else(roll, Ok)?,
            size: size.transpose().map_err(invalid)?,
            ground: ground
                .transpose()
                .map_err(|error: UnknownColour| invalid(error.to_string()))?,
            output: folder.join(line.output),
            origin: Some(origin),
        });
    }
    if requests.is_empty() {
        return Err(InputError::Invalid {
            place: list.name.clone(),
            reason: "it has no prompts".to_owned(),
        }
        .into());
    }
    Ok(requests)
}

fn read(line: &str) -> Result<Line, String> {
    let line: Line = serde_json::from_str(line).map_err(|error| error.to_string())?;
    let mut parts = line.output.components();
    let is_name = matches!((parts.next(), parts.next()), (Some(Component::Normal(name)), None) if name == line.output.as_os_str());
    if is_name {
        Ok(line)
    } else {
        Err(format!("{:?} is not the name of a file alone", line.output))
    }
}

#[cfg(test)]
mod tests {
    use image2_picture::Colour;

    use super::*;

    fn requests(content: &str) -> anyhow::Result<Vec<Request>> {
        let (name, content) = ("list".to_owned(), content.to_owned());
        parse(&Text { name, content }, Path::new("out"))
    }

    #[test]
    fn a_line_names_prompt_seed_size_and_file() {
        let text = "{\"prompt\": \"a cat\", \"seed\": 3, \"size\": \"64x48\", \"ground\": \"yellow\", \"output\": \"cat.png\"}\n\n\
                    {\"prompt\": \"a dog\", \"output\": \"dog.png\"}\n";
        let requests = requests(text).expect("two lines");
        assert_eq!(
            requests[0],
            Request {
                prompt: "a cat".into(),
                seed: 3,
                size: Some([64, 48]),
                ground: Some(Colour([250, 214, 80])),
                output: "out/cat.png".into(),
                origin: Some("line 1 of list".into()),
            }
        );
        assert_eq!(
            (requests.len(), requests[1].size, requests[1].ground),
            (2, None, None)
        );
        assert_eq!(requests[1].origin.as_deref(), Some("line 3 of list"));
    }

    #[test]
    fn an_invalid_line_is_refused_with_its_number() {
        for (line, complaint) in [
            (r#"{"prompt": "a cat"}"#, "output"),
            (r#"{"prompt": "a cat", "output": "../cat.png"}"#, "alone"),
            (r#"{"prompt": "a cat", "output": "/tmp/cat.png"}"#, "alone"),
            (r#"{"prompt": "a cat", "output": "cats/"}"#, "alone"),
            (r#"{"prompt": "a cat", "output": "./cat.png"}"#, "alone"),
            (r#"{"prompt": "a cat", "output": ""}"#, "alone"),
            (
                r#"{"prompt": "a cat", "output": "c", "size": "big"}"#,
                "size",
            ),
            (
                r#"{"prompt": "a cat", "output": "c", "colour": 1}"#,
                "colour",
            ),
            (r#"{"prompt": "a cat", "output": "c", "seed": -1}"#, "-1"),
            (
                r#"{"prompt": "a cat", "output": "c", "ground": "reddish"}"#,
                "reddish",
            ),
            ("cat", "expected"),
        ] {
            let error = requests(&format!("\n{line}")).expect_err(line);
            let sentence = format!("{error:#}");
            assert!(
                sentence.starts_with("line 2 of list") && sentence.contains(complaint),
                "{sentence}"
            );
        }
        assert!(requests("\n").is_err());
    }
}
