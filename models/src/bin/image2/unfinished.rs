//! Temporary files and folders, each with a unique name in the folder of its final path. They are
//! renamed when they are complete and removed when the process ends before that.
//!
//! Dropping a value removes its file, which covers errors and panics. A signal that ends the
//! process drops nothing, so a global list also holds every path, for [`remove_all`].

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tempfile::{Builder, NamedTempFile, TempDir};

/// The names are hidden and identify the program.
const PREFIX: &str = ".image2-";

static LISTED: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

fn listed() -> MutexGuard<'static, BTreeSet<PathBuf>> {
    LISTED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A file or folder that is removed on drop unless it is finished.
pub struct Unfinished<T> {
    made: T,
    entry: Entry,
}

/// Removes its path from the list on drop.
struct Entry(PathBuf);

impl Drop for Entry {
    fn drop(&mut self) {
        listed().remove(&self.0);
    }
}

impl<T: AsRef<Path>> Unfinished<T> {
    /// Creates it while the list is locked, so that [`remove_all`] misses nothing.
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

/// Creates an empty file in `folder` with the default permissions.
pub fn file(folder: &Path) -> io::Result<Unfinished<NamedTempFile>> {
    let create = |path: &Path| File::options().write(true).create_new(true).open(path);
    Unfinished::new(|| Builder::new().prefix(PREFIX).make_in(folder, create))
}

/// Creates an empty folder in `parent`.
pub fn folder(parent: &Path) -> io::Result<Unfinished<TempDir>> {
    Unfinished::new(|| Builder::new().prefix(PREFIX).tempdir_in(parent))
}

impl Unfinished<NamedTempFile> {
    pub fn file(&mut self) -> &mut File {
        self.made.as_file_mut()
    }

    /// Renames the file to `path`, replacing an existing file.
    pub fn finish(self, path: &Path) -> io::Result<()> {
        let Self { made, entry } = self;
        made.persist(path).map_err(|error| error.error)?;
        drop(entry);
        path.parent().map_or(Ok(()), sync_folder)
    }
}

impl Unfinished<TempDir> {
    /// Renames the folder to `path`.
    pub fn finish(self, path: &Path) -> io::Result<()> {
        let Self { made, entry } = self;
        fs::rename(made.path(), path)?;
        // The old path is free again, so there is nothing to remove on drop.
        let _ = made.keep();
        drop(entry);
        path.parent().map_or(Ok(()), sync_folder)
    }
}

/// Makes a rename durable, on systems that can sync a folder.
fn sync_folder(folder: &Path) -> io::Result<()> {
    if let Ok(folder) = File::open(folder) {
        let _ = folder.sync_all();
    }
    Ok(())
}

/// Removes everything unfinished before the process exits. The returned guard blocks the creation
/// of new files, so it must be held until the exit.
pub fn remove_all() -> impl Drop {
    let listed = listed();
    for path in listed.iter() {
        // The process exits whether or not this succeeds.
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
    fn only_finished_files_stay() {
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
