//! Temporary files and folders, each with a unique name in the folder of its final path. They are
//! renamed when they are complete and removed when the process ends before that.
//!
//! Dropping a value removes its file, which covers errors and panics. A signal that ends the
//! process drops nothing, so a global list also holds every path, for [`remove_all`].

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tempfile::{Builder, NamedTempFile, TempDir};

/// The names are hidden and identify the program.
const PREFIX: &str = ".image2-";

/// How to remove a path.
type Remove = fn(&Path) -> io::Result<()>;

static LISTED: Mutex<BTreeMap<PathBuf, Remove>> = Mutex::new(BTreeMap::new());

fn listed() -> MutexGuard<'static, BTreeMap<PathBuf, Remove>> {
    LISTED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A file or folder that is removed on drop unless it is finished.
pub struct Unfinished<T> {
    made: T,
    entry: Entry,
}

/// An entry of the list, removed from it on drop.
pub struct Entry(PathBuf);

impl Drop for Entry {
    fn drop(&mut self) {
        listed().remove(&self.0);
    }
}

impl<T: AsRef<Path>> Unfinished<T> {
    /// Creates it while the list is locked, so that [`remove_all`] misses nothing.
    fn new(make: impl FnOnce() -> io::Result<T>, remove: Remove) -> io::Result<Self> {
        let mut listed = listed();
        let made = make()?;
        let path = made.as_ref().to_owned();
        listed.insert(path.clone(), remove);
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
    let make = || Builder::new().prefix(PREFIX).make_in(folder, create);
    Unfinished::new(make, |path| fs::remove_file(path))
}

/// Creates an empty folder in `parent`.
pub fn folder(parent: &Path) -> io::Result<Unfinished<TempDir>> {
    let make = || Builder::new().prefix(PREFIX).tempdir_in(parent);
    Unfinished::new(make, remove_tree)
}

/// Removes a folder that another thread still writes to. Its files are created by path, so none can
/// appear after the rename.
fn remove_tree(path: &Path) -> io::Result<()> {
    let renamed = path.with_added_extension("removed");
    fs::rename(path, &renamed)?;
    fs::remove_dir_all(renamed)
}

/// Lists a folder of the user that is removed if it is still empty.
pub fn list_if_empty(folder: &Path) -> io::Result<Entry> {
    let path = std::path::absolute(folder)?;
    listed().insert(path.clone(), |path| fs::remove_dir(path));
    Ok(Entry(path))
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
    // In reverse, because a folder precedes its contents.
    for (path, remove) in listed.iter().rev() {
        // The process exits whether or not this succeeds.
        let _ = remove(path);
    }
    listed
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One test, because the list is global.
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
        let [empty, full] = ["five", "six"].map(|name| parent.path().join(name));
        fs::create_dir_all(full.join("seven")).expect("folders");
        fs::create_dir(&empty).expect("a folder");
        let _entries = [&empty, &full].map(|folder| list_if_empty(folder).expect("a path"));
        assert_eq!(names(), 6);
        drop(remove_all());
        assert_eq!(names(), 3);
        assert!(full.exists());
        assert!(!three.path().exists() && !four.path().exists());
        assert!(parent.path().join("two/file").exists());

        // Also while another thread writes to the folder.
        for _ in 0..20 {
            let busy = folder(parent.path()).expect("a folder");
            let path = busy.path().to_owned();
            let written = |number: &u32| fs::write(path.join(number.to_string()), "").is_ok();
            std::thread::scope(|scope| {
                let writer = scope.spawn(|| (0_u32..).take_while(written).count());
                while !path.join("0").exists() {
                    std::thread::yield_now();
                }
                drop(remove_all());
                assert!(writer.join().expect("a count") > 0);
            });
            assert_eq!(names(), 3);
        }
    }
}
