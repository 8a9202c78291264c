//! One served folder: opens files inside it and knows which form of them may be sent.
//!
//! Contract: the folder is opened as a capability (cap-std; on Linux `openat2` with
//! `RESOLVE_BENEATH`), so neither `..` nor a symbolic link leads out of it, even while the tree
//! changes. The folder itself is opened for each request: a deployment may swap it or create it late.

use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use cap_std::{ambient_authority, fs::Dir};

use super::{
    digest::Digests,
    error::FileError,
    open_file::{OpenFile, Version},
    path::FilePath,
    precompressed::Precompressed,
};

const BROTLI_SUFFIX: &str = ".br";

/// A folder whose regular files are public. Clones share what is cached about its files.
#[derive(Clone, Debug)]
pub(crate) struct Folder(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    root: PathBuf,
    digests: Digests,
    precompressed: Precompressed,
}

impl Folder {
    /// A folder that need not exist yet.
    pub(crate) fn new(root: PathBuf) -> Self {
        Self(Arc::new(Inner {
            root,
            digests: Digests::default(),
            precompressed: Precompressed::default(),
        }))
    }

    /// Opens a regular file; `None` if there is none inside the folder that may be read.
    pub(crate) async fn open(&self, path: &FilePath) -> Result<Option<OpenFile>, FileError> {
        let inner = Arc::clone(&self.0);
        let path = path.as_path().to_owned();
        tokio::task::spawn_blocking(move || match open_beneath(&inner.root, &path) {
            Ok(found) => Ok(found.map(|(file, version)| OpenFile {
                path,
                file,
                version,
            })),
            Err(source) => Err(FileError::Unreadable { path, source }),
        })
        .await?
    }

    /// SHA-256 of the file's content as 64 lowercase hexadecimal digits.
    pub(crate) async fn digest(&self, open: &OpenFile) -> Result<String, FileError> {
        self.0.digests.of(open).await
    }

    /// Opens the Brotli copy of `plain`, which was opened at `path` and has this digest; `None` if
    /// there is none that belongs to it. A copy that cannot be judged counts as none: it saves
    /// bytes, and must not cost an answer.
    pub(crate) async fn open_brotli(
        &self,
        path: &FilePath,
        plain: &OpenFile,
        digest: &str,
    ) -> Result<Option<OpenFile>, FileError> {
        let Some(copy) = self.open(&path.with_suffix(BROTLI_SUFFIX)).await? else {
            return Ok(None);
        };
        let belongs = self.0.precompressed.belongs(&copy, plain, digest).await;
        let belongs = belongs.unwrap_or_else(|error| {
            tracing::warn!(copy = %copy.path.display(), %error, "a compressed copy is not served");
            false
        });
        Ok(belongs.then_some(copy))
    }

    /// Whether the name is that of a Brotli copy, which has no address of its own.
    pub(crate) fn is_brotli_copy(path: &FilePath) -> bool {
        path.file_name().ends_with(BROTLI_SUFFIX)
    }
}

fn open_beneath(root: &Path, relative: &Path) -> io::Result<Option<(File, Version)>> {
    let opened = Dir::open_ambient_dir(root, ambient_authority()).and_then(|dir| {
        // Checked before opening: opening a named pipe would wait for a writer.
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

/// Too many levels of symbolic links; std has no stable name for this error yet.
const ELOOP: i32 = if cfg!(target_os = "linux") { 40 } else { 62 };

/// Errors that a request's path alone can cause. Exhausted file handles or a failing disk are not
/// among them: those are failures of the server and must not look like a 404.
fn means_absent(error: &io::Error) -> bool {
    use io::ErrorKind as Kind;
    matches!(
        error.kind(),
        Kind::NotFound
            | Kind::NotADirectory
            | Kind::PermissionDenied // cap-std's error for a path that leaves the folder, too
            | Kind::InvalidInput
            | Kind::InvalidFilename
    ) || error.raw_os_error() == Some(ELOOP)
}
