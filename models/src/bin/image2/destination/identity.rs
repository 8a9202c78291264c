//! Detects that two paths are the same file.

use std::fs::Metadata;
use std::io;
use std::path::{Path, PathBuf};

/// Identifies a file independently of the path that leads to it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Identity {
    /// Device and inode of an existing file, shared by all its hard links.
    Inode(u64, u64),
    /// The canonical path.
    Place(PathBuf),
}

impl Identity {
    /// The identities of an existing file, pipe or device. An anonymous pipe has no path.
    pub fn of_existing(path: &Path) -> io::Result<Vec<Self>> {
        let inode = inode(&path.metadata()?);
        let place = path.canonicalize().ok();
        let place = place.map(|path| Self::of_place(&path, false));
        Ok(inode.into_iter().chain(place).collect())
    }

    /// The identity of a file that may not exist yet, by its canonical path. It ignores case if the
    /// folder does.
    pub fn of_place(path: &Path, ignores_case: bool) -> Self {
        Self::Place(match path.to_str() {
            Some(path) if ignores_case => path.to_lowercase().into(),
            _ => path.to_owned(),
        })
    }
}

#[cfg(unix)]
fn inode(found: &Metadata) -> Option<Identity> {
    use std::os::unix::fs::MetadataExt;
    Some(Identity::Inode(found.dev(), found.ino()))
}

#[cfg(not(unix))]
fn inode(_: &Metadata) -> Option<Identity> {
    None
}

/// Whether standard output is connected to this file, pipe or device.
#[cfg(unix)]
pub(super) fn is_stdout(found: &Metadata) -> bool {
    use std::os::fd::AsFd;
    let stdout = io::stdout().as_fd().try_clone_to_owned();
    let stdout = stdout.and_then(|stdout| std::fs::File::from(stdout).metadata());
    stdout.is_ok_and(|stdout| inode(&stdout) == inode(found))
}

#[cfg(not(unix))]
pub(super) fn is_stdout(_: &Metadata) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_is_ignored_only_where_the_folder_ignores_it() {
        let place = |name: &str, ignores_case| {
            Identity::of_place(&Path::new("/folder").join(name), ignores_case)
        };
        assert_eq!(place("Ärger.PNG", true), place("ärger.png", true));
        assert_ne!(place("A.png", false), place("a.png", false));
        assert_ne!(place("a.png", true), place("b.png", true));
    }
}
