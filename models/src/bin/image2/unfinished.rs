//! Files and folders that are not complete yet. They have names that nobody else uses, in the
//! folder where they will end, and they go when the process ends early, whichever way.
//!
//! Errors and panics drop the value, which removes the file. A signal that ends the process at
//! once drops nothing, so what exists is also listed here, for [`remove_all`].

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tempfile::{Builder, NamedTempFile, TempDir};

/// How the names begin: hidden, and by whom they were made.
const PREFIX: &str = ".image2-";

static LISTED: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

fn listed() -> MutexGuard<'static, BTreeSet<PathBuf>> {
    LISTED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A file or folder that is removed unless it is given its name.
pub struct Unfinished<T> {
    made: T,
    entry: Entry,
}

/// Takes a path off the list when the file is complete or gone.
struct Entry(PathBuf);

impl Drop for Entry {
    fn drop(&mut self) {
        listed().remove(&self.0);
    }
}

impl<T: AsRef<Path>> Unfinished<T> {
    /// Makes it while the list is held, so that [`remove_all`] misses nothing.
    fn new(make: impl FnOnce() -> io::Result<T>) -> io::Result<Self> {
        let mut listed = listed();
        let made = make()?;
        let path = made.as_ref().to_owned();
        listed.insert(path.clone());
        drop(listed);
        let entry = Entry(path);
        Ok(Self { made, entry })
    }

    pub fn path(&self) -> &Path {
        self.made.as_ref()
    }
}

/// An empty file in `folder`, with the permissions of any new file.
pub fn file(folder: &Path) -> io::Result<Unfinished<NamedTempFile>> {
    let create = |path: &Path| File::options().write(true).create_new(true).open(path);
    Unfinished::new(|| Builder::new().prefix(PREFIX).make_in(folder, create))
}

/// An empty folder in `parent`.
pub fn folder(parent: &Path) -> io::Result<Unfinished<TempDir>> {
    Unfinished::new(|| Builder::new().prefix(PREFIX).tempdir_in(parent))
}

impl Unfinished<NamedTempFile> {
    pub fn file(&mut self) -> &mut File {
        self.made.as_file_mut()
    }

    /// Gives the file its name, in place of one that may exist.
    pub fn finish(self, path: &Path) -> io::Result<()> {
        let Self { made, entry } = self;
        made.persist(path).map_err(|error| error.error)?;
        drop(entry);
        path.parent().map_or(Ok(()), sync_folder)
    }
}

impl Unfinished<TempDir> {
    /// Gives the folder its name.
    pub fn finish(self, path: &Path) -> io::Result<()> {
        let Self { made, entry } = self;
        fs::rename(made.path(), path)?;
        // The name it had is free again: there is nothing left to remove.
        let _ = made.keep();
        drop(entry);
        path.parent().map_or(Ok(()), sync_folder)
    }
}

/// A new name must outlast a power cut, where the system can promise that.
fn sync_folder(folder: &Path) -> io::Result<()> {
    if let Ok(folder) = File::open(folder) {
        let _ = folder.sync_all();
    }
    Ok(())
}

/// Removes all that is unfinished, for a process that ends before the returned guard is dropped:
/// as long as it is held, nothing new begins.
pub fn remove_all() -> impl Drop {
    let listed = listed();
    for path in listed.iter() {
        // What cannot be removed is left; the process ends all the same.
        let _ = if path.is_dir() {
            fs::remove_dir_all(path)
        } else {
            fs::remove_file(path)
        };
    }
    listed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unfinished_files_go_and_finished_ones_stay() {
        let parent = tempfile::tempdir().expect("a folder");
        let names = || fs::read_dir(parent.path()).expect("a folder").count();
        drop(file(parent.path()).expect("a file"));
        drop(folder(parent.path()).expect("a folder"));
        assert_eq!(names(), 0);

        let one = file(parent.path()).expect("a file");
        one.finish(&parent.path().join("one")).expect("finished");
        let two = folder(parent.path()).expect("a folder");
        fs::write(two.path().join("file"), "").expect("a file");
        two.finish(&parent.path().join("two")).expect("finished");
        let three = file(parent.path()).expect("a file");
        let four = folder(parent.path()).expect("a folder");
        fs::write(four.path().join("file"), "").expect("a file");
        assert_eq!(names(), 4);
        drop(remove_all());
        assert_eq!(names(), 2);
        assert!(!three.path().exists() && !four.path().exists());
        assert!(parent.path().join("two/file").exists());
    }
}
