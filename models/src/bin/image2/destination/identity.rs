//! When two paths are one file.

use std::fs::Metadata;
use std::io;
use std::path::{Path, PathBuf};

/// A file, whichever of its names it is called by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Identity {
    /// Device and number of an existing file: all its hard links have them.
    Number(u64, u64),
    /// The canonical path.
    Place(PathBuf),
}

impl Identity {
    /// Of a file, pipe or device that exists. What is open but has no name has a number alone.
    pub fn of_existing(path: &Path) -> io::Result<Vec<Self>> {
        let number = number(&path.metadata()?);
        let place = path.canonicalize().ok();
        let place = place.map(|path| Self::of_place(&path, false));
        Ok(number.into_iter().chain(place).collect())
    }

    /// Of a file that may not exist yet, by its canonical path. Where its folder ignores case, so
    /// does the identity.
    pub fn of_place(path: &Path, ignores_case: bool) -> Self {
        Self::Place(match path.to_str() {
            Some(path) if ignores_case => path.to_lowercase().into(),
            _ => path.to_owned(),
        })
    }
}

#[cfg(unix)]
fn number(found: &Metadata) -> Option<Identity> {
    use std::os::unix::fs::MetadataExt;
    Some(Identity::Number(found.dev(), found.ino()))
}

#[cfg(not(unix))]
fn number(_: &Metadata) -> Option<Identity> {
    None
}

/// Whether standard output goes to this file, pipe or device.
#[cfg(unix)]
pub(super) fn is_stdout(found: &Metadata) -> bool {
    use std::os::fd::AsFd;
    let stdout = io::stdout().as_fd().try_clone_to_owned();
    let stdout = stdout.and_then(|stdout| std::fs::File::from(stdout).metadata());
    stdout.is_ok_and(|stdout| number(&stdout) == number(found))
}

#[cfg(not(unix))]
pub(super) fn is_stdout(_: &Metadata) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_differ_by_case_are_one_where_the_folder_ignores_it() {
        let place = |name: &str, ignores_case| {
            Identity::of_place(&Path::new("/folder").join(name), ignores_case)
        };
        assert_eq!(place("Ärger.PNG", true), place("ärger.png", true));
        assert_ne!(place("A.png", false), place("a.png", false));
        assert_ne!(place("a.png", true), place("b.png", true));
    }
}
