//! Folders: whether they take files, and those made for a run.

use std::ffi::OsStr;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use crate::failure::OutputFault;
use crate::unfinished;

/// Makes a file in `folder` and removes it again. Returns whether the folder takes upper and lower
/// case for the same.
pub fn takes_files(folder: &Path) -> Result<bool, OutputFault> {
    let probe = || -> io::Result<bool> {
        let file = unfinished::file(folder)?;
        let name = file.path().file_name().map(OsStr::to_ascii_uppercase);
        Ok(name.is_some_and(|name| folder.join(name).exists()))
    };
    probe().map_err(|source| OutputFault::Folder {
        folder: folder.to_owned(),
        source,
    })
}

/// Folders made for a run. Those that nothing was put into go when it ends.
pub struct MadeFolders(Vec<PathBuf>);

impl MadeFolders {
    /// Makes a folder and those around it, as far as they are missing.
    pub fn make(folder: &Path) -> Result<Self, OutputFault> {
        let missing = folder.ancestors().take_while(|at| {
            let found = at.symlink_metadata();
            !at.as_os_str().is_empty()
                && found.is_err_and(|error| error.kind() == ErrorKind::NotFound)
        });
        // Before anything is made, so that a half-made row of folders goes as well.
        let made = Self(missing.map(Path::to_owned).collect());
        match fs::create_dir_all(folder) {
            Ok(()) => Ok(made),
            Err(error) => Err(match error.kind() {
                ErrorKind::AlreadyExists | ErrorKind::NotADirectory => {
                    OutputFault::NotFolder(folder.to_owned())
                }
                _ => error.into(),
            }),
        }
    }
}

impl Drop for MadeFolders {
    fn drop(&mut self) {
        for folder in &self.0 {
            // Fails where something lies in it, and then it has to stay.
            let _ = fs::remove_dir(folder);
        }
    }
}
