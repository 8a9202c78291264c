//! The pictures that one call of `image2 generate` requests: one prompt, once or several times, or a
//! list of prompts.

use std::path::{Path, PathBuf};

use super::list;
use super::request::{Request, roll};
use crate::args::Generate;
use crate::destination::{DEFAULT_NAME, in_folder, takes_one_picture};
use crate::failure::{OutputError, OutputFault};
use crate::text_file;

/// All pictures of one call.
pub struct Requests {
    /// The folder for the pictures of a list; `None` without a list.
    pub list: Option<PathBuf>,
    pub requests: Vec<Request>,
}

impl Requests {
    pub fn of(args: &Generate) -> anyhow::Result<Self> {
        if let Some(file) = &args.prompts {
            let folder = args.output.clone().unwrap_or_default();
            if folder.as_os_str() == "-" {
                return Err(OutputFault::NeedsFolder.at(folder).into());
            }
            let requests = list::parse(&text_file::read(file)?, &folder)?;
            let list = Some(folder);
            return Ok(Self { list, requests });
        }
        let prompt = args.prompt.clone().unwrap_or_default();
        let seed = args.seed.map_or_else(roll, Ok)?;
        let output = args.output.as_deref().unwrap_or(Path::new(DEFAULT_NAME));
        let outputs = outputs(output, args.count)?;
        let requests = (0..).zip(outputs).map(|(i, output)| Request {
            prompt: prompt.clone(),
            seed: seed.wrapping_add(i),
            size: args.size,
            ground: args.ground,
            output,
            origin: None,
        });
        Ok(Self {
            list: None,
            requests: requests.collect(),
        })
    }
}

/// The outputs of `count` pictures, numbered if there are several. If `output` is a folder, they
/// lie in it.
fn outputs(output: &Path, count: u32) -> Result<Vec<PathBuf>, OutputError> {
    if count == 1 {
        return Ok(vec![in_folder(output)?]);
    }
    if takes_one_picture(output) {
        return Err(OutputFault::Several.at(output));
    }
    let path = in_folder(output)?;
    Ok((1..=count).map(|number| numbered(&path, number)).collect())
}

/// `picture.png` → `picture-3.png`. Names that are not UTF-8 keep their bytes.
fn numbered(path: &Path, number: u32) -> PathBuf {
    let mut name = path.file_stem().unwrap_or_default().to_owned();
    name.push(format!("-{number}"));
    if let Some(ending) = path.extension() {
        name.push(".");
        name.push(ending);
    }
    path.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_precede_the_ending() {
        let name = |path: &str| numbered(Path::new(path), 12);
        assert_eq!(name("out/a.b.png"), Path::new("out/a.b-12.png"));
        assert_eq!(name("a"), Path::new("a-12"));
        assert_eq!(name("./.hidden"), Path::new("./.hidden-12"));
    }
}
