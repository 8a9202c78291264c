//! One served folder: opening a file inside it, and nothing outside.
//!
//! Contract: the folder is opened as a capability (cap-std, `openat2` with `RESOLVE_BENEATH` on
//! Linux), so that neither `..` nor a symbolic link leads out, even if the tree changes meanwhile.
//! The folder itself is opened at each request: a deployment may swap it, and it may appear late.

use std::{
    fs::{File, Metadata},
    io,
    path::{Path, PathBuf},
    sync::Arc,
    time::SystemTime,
};

use cap_std::{ambient_authority, fs::Dir};
use headers::ETag;

use super::{digest::Digests, path::FilePath};
use crate::Error;

/// A folder whose regular files may be read by anyone.
#[derive(Clone, Debug)]
pub(crate) struct Folder {
    root: Arc<Path>,
    digests: Arc<Digests>,
}

/// An open regular file and what it looked like when it was opened.
#[derive(Debug)]
pub(crate) struct OpenFile {
    pub(crate) path: PathBuf,
    pub(crate) file: File,
    pub(crate) version: Version,
}

/// What changes when a file's content does, as far as the file system tells. Equality is for keeping
/// digests and errs on the side of reading again: a path that leads to another file differs too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Version {
    pub(crate) size_bytes: u64,
    pub(crate) modified: Option<SystemTime>,
    #[cfg(unix)]
    inode: (u64, u64, i64, i64),
}

impl Version {
    #[cfg(test)]
    pub(crate) fn of(file: &File) -> io::Result<Self> {
        file.metadata().map(|metadata| Self::from(&metadata))
    }

    /// Whether the open file was neither written nor cut since. The inode's own time must not
    /// count: a deployment that renames another file over this one changes it, not the content.
    pub(crate) fn still_describes(&self, file: &File) -> io::Result<bool> {
        let now = Self::from(&file.metadata()?);
        Ok((now.size_bytes, now.modified) == (self.size_bytes, self.modified))
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

impl Folder {
    pub(crate) fn new(root: &Path) -> Self {
        Self {
            root: root.into(),
            digests: Arc::default(),
        }
    }

    /// Opens a regular file; `None` if there is none that may be reached.
    pub(crate) async fn open(&self, path: &FilePath) -> Result<Option<OpenFile>, Error> {
        let root = Arc::clone(&self.root);
        let relative = path.as_path().to_owned();
        tokio::task::spawn_blocking(move || match open_beneath(&root, &relative) {
            Ok(found) => Ok(found.map(|(file, version)| OpenFile {
                path: relative,
                file,
                version,
            })),
            Err(source) => Err(Error::FileUnreadable {
                path: relative,
                source,
            }),
        })
        .await
        .map_err(|error| Error::Internal(error.to_string()))?
    }

    /// The strong ETag of the file's content.
    pub(crate) async fn etag(&self, open: &OpenFile) -> Result<ETag, Error> {
        let digest = self.digests.of(open).await?;
        format!("\"{digest}\"")
            .parse()
            .map_err(|_| Error::Internal("a digest is not an ETag".to_owned()))
    }
}

fn open_beneath(root: &Path, relative: &Path) -> io::Result<Option<(File, Version)>> {
    let opened = Dir::open_ambient_dir(root, ambient_authority()).and_then(|dir| {
        // Asked before opening: opening a named pipe would wait for a writer.
        if !dir.metadata(relative)?.is_file() {
            return Ok(None);
        }
        let file = dir.open(relative)?.into_std();
        let metadata = file.metadata()?;
        Ok(metadata.is_file().then(|| (file, Version::from(&metadata))))
    });
    match opened {
        Err(error) if means_absent(&error) => {
            tracing::debug!(path = %relative.display(), %error, "no such file");
            Ok(None)
        }
        other => other,
    }
}

/// Links that lead in a circle; std has no stable name for this error yet.
const ELOOP: i32 = if cfg!(target_os = "linux") { 40 } else { 62 };

/// Errors that a path can provoke from outside. Exhausted handles or a failing disk are not among
/// them: those must be seen, not pass for a 404.
fn means_absent(error: &io::Error) -> bool {
    use io::ErrorKind as Kind;
    matches!(
        error.kind(),
        Kind::NotFound
            | Kind::NotADirectory
            | Kind::PermissionDenied // also a way out of the folder, in cap-std's words
            | Kind::InvalidInput
            | Kind::InvalidFilename
    ) || error.raw_os_error() == Some(ELOOP)
}
