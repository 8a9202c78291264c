//! Checks folders of outputs and creates missing ones.

use std::ffi::OsStr;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use crate::failure::OutputFault;
use crate::unfinished::{self, Entry};

/// Checks that files can be created in `folder` by creating one and removing it. Returns whether
/// the folder ignores the case of names.
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

/// Folders created for a run. Dropping this removes those that are empty.
pub struct MadeFolders(Vec<(PathBuf, Entry)>);

impl MadeFolders {
    /// Creates a folder and its missing parents.
    pub fn make(folder: &Path) -> Result<Self, OutputFault> {
        let missing = folder.ancestors().take_while(|at| {
            let found = at.symlink_metadata();
            !at.as_os_str().is_empty()
                && found.is_err_and(|error| error.kind() == ErrorKind::NotFound)
        });
        // Collected first, so that a failure removes the folders created until then.
        let list = |path: &Path| Ok((path.to_owned(), unfinished::list_if_empty(path)?));
        let made = Self(missing.map(list).collect::<io::Result<_>>()?);
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
        for (folder, _) in &self.0 {
            // Fails if the folder is not empty, which is intended.
            let _ = fs::remove_dir(folder);
        }
    }
}
