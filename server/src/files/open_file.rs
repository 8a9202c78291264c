//! An open file together with the metadata that it had when it was opened.

use std::{
    fs::{File, Metadata},
    io,
    path::PathBuf,
    time::{Duration, SystemTime},
};

use super::error::FileError;

/// A file modified less than this ago may change again without a new modification time: some file
/// systems (FAT) store times in steps of two seconds.
const SETTLING_TIME: Duration = Duration::from_secs(2);

/// An open regular file.
#[derive(Debug)]
pub(crate) struct OpenFile {
    /// Relative to the served folder.
    pub(crate) path: PathBuf,
    pub(crate) file: File,
    pub(crate) version: Version,
}

/// Metadata that changes when a file's content does. Cached results are kept while it stays equal.
/// It errs on the side of a difference: another inode with the same content is another version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Version {
    pub(crate) size_bytes: u64,
    modified: Option<SystemTime>,
    #[cfg(unix)]
    inode: (u64, u64, i64, i64),
}

impl OpenFile {
    /// A second handle for a background task. Both share one position.
    pub(super) fn try_clone(&self) -> Result<Self, FileError> {
        let file = self
            .file
            .try_clone()
            .map_err(|source| self.unreadable(source))?;
        Ok(Self {
            path: self.path.clone(),
            file,
            version: self.version,
        })
    }

    /// Fails if the file was written or truncated since it was opened. The inode's change time does
    /// not count: renaming another file over this one changes it, but not the content.
    pub(super) fn check_unchanged(&self) -> Result<(), FileError> {
        let metadata = self
            .file
            .metadata()
            .map_err(|source| self.unreadable(source))?;
        let now = Version::from(&metadata);
        if (now.size_bytes, now.modified) == (self.version.size_bytes, self.version.modified) {
            Ok(())
        } else {
            Err(FileError::Changed)
        }
    }

    pub(super) fn unreadable(&self, source: io::Error) -> FileError {
        FileError::Unreadable {
            path: self.path.clone(),
            source,
        }
    }
}

impl Version {
    /// Whether any later change will show in the metadata. A time in the future counts as settled:
    /// otherwise a wrong clock would cost a reading for each request.
    pub(super) fn is_settled(&self, now: SystemTime) -> bool {
        self.modified.is_some_and(|time| {
            now.duration_since(time)
                .map_or(true, |age| age >= SETTLING_TIME)
        })
    }
}

impl From<&Metadata> for Version {
    fn from(metadata: &Metadata) -> Self {
        #[cfg(unix)]
        use std::os::unix::fs::MetadataExt;
        Self {
            size_bytes: metadata.len(),
            modified: metadata.modified().ok(),
            #[cfg(unix)]
            inode: (
                metadata.dev(),
                metadata.ino(),
                metadata.ctime(),
                metadata.ctime_nsec(),
            ),
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::io::Write;

    use super::*;

    /// Long enough ago to be settled.
    pub const OLD: Duration = Duration::from_secs(3600);

    /// An unnamed file with this content, modified `age` ago.
    pub fn open(path: &str, content: impl AsRef<[u8]>, age: Duration) -> OpenFile {
        let mut file = tempfile::tempfile().expect("a temporary file");
        file.write_all(content.as_ref()).expect("written");
        file.set_modified(SystemTime::now() - age)
            .expect("the time is set");
        let version = Version::from(&file.metadata().expect("metadata"));
        OpenFile {
            path: path.into(),
            file,
            version,
        }
    }

    #[test]
    fn a_version_settles_after_two_seconds() {
        let file = open("a", "content", Duration::ZERO);
        let modified = file.version.modified.expect("a time");
        assert!(!file.version.is_settled(modified));
        assert!(!file.version.is_settled(modified + Duration::from_secs(1)));
        assert!(file.version.is_settled(modified + Duration::from_secs(2)));
    }

    #[test]
    fn a_time_in_the_future_is_settled_and_an_unknown_one_is_not() {
        let mut version = open("a", "content", Duration::ZERO).version;
        let modified = version.modified.expect("a time");
        assert!(version.is_settled(modified - OLD));
        version.modified = None;
        assert!(!version.is_settled(modified + OLD));
    }

    #[test]
    fn a_write_is_noticed_and_a_rename_is_not() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a");
        std::fs::write(&path, "content").expect("written");
        let file = File::open(&path).expect("opened");
        let version = Version::from(&file.metadata().expect("metadata"));
        let renamed_over = OpenFile {
            path: "a".into(),
            file,
            version,
        };
        std::fs::write(folder.path().join("b"), "other").expect("written");
        std::fs::rename(folder.path().join("b"), &path).expect("renamed");
        renamed_over
            .check_unchanged()
            .expect("the open file is as it was");

        let written = open("a", "content", OLD);
        written.file.set_len(3).expect("truncated");
        let error = written.check_unchanged().expect_err("changed");
        assert_eq!(error.code(), "file_changed");
    }
}
