//! Where the new package goes, settled before any work.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::destination::{MadeFolders, parent, takes_files};
use crate::failure::OutputFault;

/// The validated path of the new package: it does not exist, and its parent folder is writable.
pub struct Target {
    pub parent: PathBuf,
    pub path: PathBuf,
    _made: MadeFolders,
}

impl Target {
    pub fn settle(output: &Path) -> Result<Self, OutputFault> {
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
        let parent = parent(output);
        let made = MadeFolders::make(parent)?;
        takes_files(parent)?;
        Ok(Self {
            path: parent.join(name),
            parent: parent.to_owned(),
            _made: made,
        })
    }
}
