//! `image2 models quantize`. Output, source and files are validated before the first tensor is
//! read. The package is written to a temporary folder and renamed, so that a failed run leaves
//! nothing behind and can be repeated.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use image2_package::{
    About, Choice, Folder, Format, Package, PackageError, PackageWriter, Plan, SafetensorsFile,
    TensorSource, manifest::SHARD_ENDING,
};
use serde_json::json;

use super::{headline, open};
use crate::answer::Answer;
use crate::args::Quantize;
use crate::destination::{MadeFolders, takes_files};
use crate::failure::{InputError, OutputFault};
use crate::names::{insert, shown};
use crate::{interrupt, text_file, unfinished};

pub fn run(args: &Quantize) -> anyhow::Result<Answer> {
    let plan = plan(args)?;
    let target = Target::settle(&args.output).map_err(|fault| fault.at(&args.output))?;
    let Ingredients {
        mut source,
        about,
        files,
    } = Ingredients::gather(args)?;

    interrupt::at_once()?;
    let at_output = |error: io::Error| OutputFault::from(error).at(&args.output);
    let folder = unfinished::folder(&target.parent).map_err(at_output)?;
    let write = || -> Result<_, PackageError> {
        let mut writer = PackageWriter::create(folder.path())?;
        for (name, content) in &files {
            writer.add_file(name, content)?;
        }
        let done = image2_package::quantize(source.tensors(), &plan, &mut writer)?;
        Ok((writer.finish(about)?, done))
    };
    let (manifest, done) =
        write().with_context(|| format!("cannot make the package {}", shown(&args.output)))?;
    folder.finish(&target.path).map_err(at_output)?;

    let text = format!(
        "{}: {}, {} tensors",
        shown(&args.output),
        headline(&manifest),
        done.tensors
    );
    let value = json!({
        "digest": manifest.digest().to_string(),
        "size_bytes": manifest.size_bytes(),
        "tensors": done.tensors,
        "skipped": done.skipped,
    });
    let mut answer = Answer::done(vec![text], value);
    insert(&mut answer.value, "package", &args.output);
    Ok(answer)
}

/// The validated path of the new package: it does not exist, and its parent folder is writable.
struct Target {
    parent: PathBuf,
    path: PathBuf,
    _made: MadeFolders,
}

impl Target {
    fn settle(output: &Path) -> Result<Self, OutputFault> {
        if output.as_os_str() == "-" {
            return Err(OutputFault::NeedsFolder);
        }
        match output.symlink_metadata() {
            Ok(_) => return Err(OutputFault::Exists),
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) if error.kind() == ErrorKind::NotADirectory => {
                let parent = output.parent().unwrap_or(output);
                return Err(OutputFault::NotFolder(parent.to_owned()));
            }
            Err(error) => return Err(error.into()),
        }
        let name = output.file_name().ok_or(OutputFault::Exists)?;
        let parent = crate::destination::parent(output);
        let made = MadeFolders::make(parent)?;
        takes_files(parent)?;
        Ok(Self {
            path: parent.join(name),
            parent: parent.to_owned(),
            _made: made,
        })
    }
}

/// The contents of the new package.
struct Ingredients {
    source: Source,
    about: About,
    /// Files without tensors, by name.
    files: Vec<(String, Vec<u8>)>,
}

impl Ingredients {
    fn gather(args: &Quantize) -> anyhow::Result<Self> {
        let source = Source::open(&args.source)?;
        let about = match (&args.about, &source) {
            (Some(path), _) => read_about(path)?,
            (None, Source::Package(package)) => package.manifest().about.clone(),
            (None, Source::Checkpoint(_)) => {
                bail!("a checkpoint does not say what it is: give --about FILE")
            }
        };
        let mut files = match &source {
            Source::Package(package) => files_of(package)?,
            Source::Checkpoint(_) => Vec::new(),
        };
        for path in &args.files {
            files.push(read_file(path)?);
        }
        let notices = about.notices.as_ref();
        for name in [&about.tokenizer.file].into_iter().chain(notices) {
            if files.iter().all(|(known, _)| known != name) {
                bail!("the package needs the file {name:?}: give it by --with FILE");
            }
        }
        Ok(Self {
            source,
            about,
            files,
        })
    }
}

/// The source of the tensors.
enum Source {
    Package(Box<Package<Folder>>),
    Checkpoint(SafetensorsFile),
}

impl Source {
    fn open(path: &Path) -> anyhow::Result<Self> {
        if path.is_dir() {
            return Ok(Self::Package(Box::new(open(path)?)));
        }
        let file = SafetensorsFile::open(path)
            .with_context(|| format!("cannot open the checkpoint {}", shown(path)))?;
        Ok(Self::Checkpoint(file))
    }

    fn tensors(&mut self) -> &mut dyn TensorSource {
        match self {
            Self::Package(package) => &mut **package,
            Self::Checkpoint(file) => file,
        }
    }
}

fn read_about(path: &Path) -> Result<About, InputError> {
    let text = text_file::read(path)?;
    serde_json::from_str(&text.content).map_err(|error| InputError::Invalid {
        place: text.name,
        reason: error.to_string(),
    })
}

/// The files of a package that hold no tensors; they are copied unchanged.
fn files_of(package: &Package<Folder>) -> anyhow::Result<Vec<(String, Vec<u8>)>> {
    let files = package.manifest().files.iter();
    let files = files.filter(|file| !file.name.ends_with(SHARD_ENDING));
    files
        .map(|file| Ok((file.name.clone(), package.read_file(&file.name)?)))
        .collect()
}

fn read_file(path: &Path) -> anyhow::Result<(String, Vec<u8>)> {
    let name = path.file_name().and_then(std::ffi::OsStr::to_str);
    let name = name.with_context(|| {
        let path = shown(path);
        format!("cannot add {path}: a package's files have names of ASCII letters and digits")
    })?;
    let content = std::fs::read(path).map_err(|source| InputError::Unreadable {
        name: shown(path),
        source,
    })?;
    Ok((name.to_owned(), content))
}

/// The default plan with the chosen format, its exceptions overridden by the user's.
fn plan(args: &Quantize) -> anyhow::Result<Plan> {
    let format = parse_format(&args.format)?;
    let mut plan = Plan {
        matrices: format,
        ..Plan::default()
    };
    if format != Format::Q4 {
        // The q8 exceptions of the default plan only make sense for q4.
        plan.rules
            .retain(|rule| !matches!(rule.choice, Choice::Blocks(_)));
    }
    for text in &args.overrides {
        let (prefix, format) = text
            .split_once('=')
            .with_context(|| format!("{text:?} is not PREFIX=FORMAT"))?;
        let format = parse_format(format)?;
        plan.rules.retain(|rule| !rule.prefix.starts_with(prefix));
        plan = plan.with(prefix, Choice::Blocks(format));
    }
    Ok(plan)
}

fn parse_format(text: &str) -> anyhow::Result<Format> {
    let known = [Format::F32, Format::F16, Format::Q8, Format::Q4];
    let format = known.into_iter().find(|format| format.name() == text);
    format.with_context(|| format!("{text:?} is no format; known are f32, f16, q8 and q4"))
}
