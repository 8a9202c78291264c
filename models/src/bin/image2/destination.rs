//! Where pictures go: settled before anything is computed, written in one piece.
//!
//! [`Destinations::settle`] finds out everything that can be known beforehand: whether the folder
//! exists and takes files, whether the name can be written and is free, and whether it is an input
//! or another picture of the same run. [`Destination::write`] then makes or replaces the file as
//! a whole. A symbolic link stays; the file that it names is written. Pipes, devices and open files
//! are written to, never replaced.

mod folder;
mod identity;
mod place;

pub use folder::{MadeFolders, takes_files};
pub use place::{in_folder, is_standard_output, parent, takes_one_picture};

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};

use crate::failure::{OutputError, OutputFault};
use crate::unfinished;
use identity::Identity;
use place::Place;

/// The places of one run.
#[derive(Default)]
pub struct Destinations {
    /// Each file that is read or settled, with the output that it belongs to; none is an input.
    taken: BTreeMap<Identity, Option<PathBuf>>,
    /// Whether a folder, by its canonical path, takes `A` and `a` for the same name.
    folders: BTreeMap<PathBuf, bool>,
}

/// Where one picture goes.
pub struct Destination {
    /// As the user named it.
    pub path: PathBuf,
    target: Target,
}

enum Target {
    StandardOutput,
    /// A pipe, a device or a file that another process opened.
    Open(File),
    /// A file by its path without links.
    File(PathBuf),
}

impl Destinations {
    /// Nothing that is read may be written.
    pub fn protect(&mut self, input: &Path) {
        if let Ok(identities) = Identity::of_existing(input) {
            self.taken
                .extend(identities.into_iter().map(|it| (it, None)));
        }
    }

    /// Finds the place of one picture. Opening a named pipe waits for its reader.
    pub fn settle(&mut self, path: &Path) -> Result<Destination, OutputError> {
        let target = self.target(path).map_err(|fault| fault.at(path))?;
        let path = path.to_owned();
        Ok(Destination { path, target })
    }

    fn target(&mut self, path: &Path) -> Result<Target, OutputFault> {
        match Place::of(path)? {
            Place::StandardOutput if io::stdout().is_terminal() => Err(OutputFault::Terminal),
            Place::StandardOutput => Ok(Target::StandardOutput),
            Place::Open(open) => {
                self.take(Identity::of_existing(&open)?, path)?;
                let open = File::options().write(true).truncate(true).open(open)?;
                Ok(Target::Open(open))
            }
            Place::File(place) => {
                let file = place.path();
                check_endings([path, &file])?;
                let ignores_case = self.ignores_case(&place.folder)?;
                let mut identities = vec![Identity::of_place(&file, ignores_case)];
                if place.exists {
                    check_replaceable(&file)?;
                    identities.extend(Identity::of_existing(&file)?);
                }
                self.take(identities, path)?;
                Ok(Target::File(file))
            }
        }
    }

    fn ignores_case(&mut self, folder: &Path) -> Result<bool, OutputFault> {
        if let Some(&known) = self.folders.get(folder) {
            return Ok(known);
        }
        let found = takes_files(folder)?;
        self.folders.insert(folder.to_owned(), found);
        Ok(found)
    }

    /// Keeps a file, by all its identities, for one output.
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

/// No name may promise another format: a link called `.png` to a file called `.jpg` would.
fn check_endings(names: [&Path; 2]) -> Result<(), OutputFault> {
    let fits = |name: &Path| {
        let ending = name.extension();
        ending.is_none_or(|ending| ending.eq_ignore_ascii_case("png"))
    };
    if names.into_iter().all(fits) {
        Ok(())
    } else {
        Err(OutputFault::Ending)
    }
}

/// A file is replaced by another of its name, which its own protection would not prevent.
fn check_replaceable(file: &Path) -> Result<(), OutputFault> {
    if file.metadata()?.permissions().readonly() {
        return Err(OutputFault::Protected);
    }
    // Changes nothing, and fails where writing into it would.
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

/// Makes or replaces a file as a whole. A replaced one keeps its permissions.
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

    /// Looks at the kind of target before it writes: replacing a device would take it away from
    /// the whole machine.
    #[test]
    fn devices_are_written_to_and_take_one_picture() {
        for (device, fits) in [("/dev/null", true), ("/dev/full", false)] {
            let device = Path::new(device);
            assert!(takes_one_picture(device));
            let mut destinations = Destinations::default();
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
