//! Destinations of pictures: validated before anything is computed, then written atomically.
//!
//! [`Destinations::settle`] checks everything that can be known in advance: that the folder exists
//! and is writable, that the name is valid and may be replaced, and that it is neither an input nor
//! another picture of the same run. [`Destination::write`] then creates or replaces the file in one
//! step. A symbolic link is kept and its target is written. Pipes, devices and open files are
//! written to, never replaced.

mod folder;
mod identity;
mod place;

pub use folder::{MadeFolders, takes_files};
pub use place::{DEFAULT_NAME, in_folder, is_standard_output, parent, takes_one_picture};

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};

use crate::failure::{OutputError, OutputFault};
use crate::file_format::FileFormat;
use crate::unfinished;
use identity::Identity;
use place::Place;

/// All destinations of one run.
pub struct Destinations {
    /// The formats that this run can write.
    formats: &'static [FileFormat],
    /// The inputs (`None`) and the settled outputs of the run.
    taken: BTreeMap<Identity, Option<PathBuf>>,
    /// Whether a folder, by its canonical path, ignores the case of names.
    folders: BTreeMap<PathBuf, bool>,
}

/// The destination of one picture.
pub struct Destination {
    /// As the user named it.
    pub path: PathBuf,
    pub format: FileFormat,
    target: Target,
}

enum Target {
    StandardOutput,
    /// A pipe, a device or a file descriptor.
    Open(File),
    /// A file, by its canonical path.
    File(PathBuf),
}

impl Destinations {
    pub fn new(formats: &'static [FileFormat]) -> Self {
        Self {
            formats,
            taken: BTreeMap::new(),
            folders: BTreeMap::new(),
        }
    }

    /// Registers an input: no picture may replace it.
    pub fn protect(&mut self, input: &Path) {
        if let Ok(identities) = Identity::of_existing(input) {
            self.taken
                .extend(identities.into_iter().map(|it| (it, None)));
        }
    }

    /// Registers every file of a model's folder. A missing model is reported when it is opened.
    pub fn protect_folder(&mut self, folder: &Path) {
        for entry in folder.read_dir().into_iter().flatten().flatten() {
            self.protect(&entry.path());
        }
    }

    /// Validates one output. A named pipe is opened, which waits for its reader.
    pub fn settle(&mut self, path: &Path) -> Result<Destination, OutputError> {
        let (format, target) = self.target(path).map_err(|fault| fault.at(path))?;
        Ok(Destination {
            path: path.to_owned(),
            format,
            target,
        })
    }

    fn target(&mut self, path: &Path) -> Result<(FileFormat, Target), OutputFault> {
        match Place::of(path)? {
            Place::StandardOutput if io::stdout().is_terminal() => Err(OutputFault::Terminal),
            Place::StandardOutput => Ok((FileFormat::Png, Target::StandardOutput)),
            Place::Open(open) => {
                self.take(Identity::of_existing(&open)?, path)?;
                let open = File::options().write(true).truncate(true).open(open)?;
                Ok((FileFormat::Png, Target::Open(open)))
            }
            Place::File(place) => {
                let file = place.path();
                let format = self.format([path, &file])?;
                let ignores_case = self.ignores_case(&place.folder)?;
                let mut identities = vec![Identity::of_place(&file, ignores_case)];
                if place.exists {
                    check_replaceable(&file)?;
                    identities.extend(Identity::of_existing(&file)?);
                }
                self.take(identities, path)?;
                Ok((format, Target::File(file)))
            }
        }
    }

    /// The format of the given name and the resolved one: a link `a.png` may lead to `b.jpg`.
    fn format(&self, names: [&Path; 2]) -> Result<FileFormat, OutputFault> {
        let [given, resolved] = names.map(FileFormat::of);
        let known = given.filter(|format| self.formats.contains(format));
        known
            .filter(|_| given == resolved)
            .ok_or(OutputFault::Ending(self.formats))
    }

    fn ignores_case(&mut self, folder: &Path) -> Result<bool, OutputFault> {
        if let Some(&known) = self.folders.get(folder) {
            return Ok(known);
        }
        let found = takes_files(folder)?;
        self.folders.insert(folder.to_owned(), found);
        Ok(found)
    }

    /// Reserves a file, by all its identities, for one output.
    fn take(&mut self, file: Vec<Identity>, path: &Path) -> Result<(), OutputFault> {
        match file.iter().find_map(|identity| self.taken.get(identity)) {
            Some(Some(other)) => return Err(OutputFault::Twice(other.clone())),
            Some(None) => return Err(OutputFault::IsInput),
            None => {}
        }
        let file = file.into_iter();
        self.taken
            .extend(file.map(|it| (it, Some(path.to_owned()))));
        Ok(())
    }
}

/// Renaming ignores the protection of the replaced file, so it is checked here.
fn check_replaceable(file: &Path) -> Result<(), OutputFault> {
    if file.metadata()?.permissions().readonly() {
        return Err(OutputFault::Protected);
    }
    // Opening without truncation changes nothing.
    File::options().write(true).open(file)?;
    Ok(())
}

impl Destination {
    /// Writes the picture.
    pub fn write(&mut self, picture: &[u8]) -> Result<(), OutputError> {
        let written = match &mut self.target {
            Target::StandardOutput => {
                let mut stdout = io::stdout().lock();
                stdout.write_all(picture).and_then(|()| stdout.flush())
            }
            Target::Open(file) => file.write_all(picture),
            Target::File(path) => replace(path, picture),
        };
        written.map_err(|error| OutputFault::from(error).at(&self.path))
    }
}

/// Creates or replaces a file in one step. A replaced file keeps its permissions.
fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut beside = unfinished::file(folder)?;
    let file = beside.file();
    file.write_all(content)?;
    if let Ok(old) = path.metadata() {
        file.set_permissions(old.permissions())?;
    }
    file.sync_all()?;
    beside.finish(path)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    /// Checks the kind of the target before it writes: as root, a faulty command would replace the
    /// device for the whole machine.
    #[test]
    fn devices_are_written_to_and_take_one_picture() {
        for (device, fits) in [("/dev/null", true), ("/dev/full", false)] {
            let device = Path::new(device);
            assert!(takes_one_picture(device));
            let mut destinations = Destinations::new(&[FileFormat::Png]);
            let mut destination = destinations.settle(device).expect("a device");
            assert!(matches!(destination.target, Target::Open(_)));
            assert_eq!(destination.write(b"a picture").is_ok(), fits);
            let again = destinations.settle(device).map(|_| ());
            assert!(matches!(
                again.expect_err("once").fault,
                OutputFault::Twice(_)
            ));
        }
    }
}
