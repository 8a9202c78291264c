//! Resolves an output path to a file, a stream or standard output.

use std::ffi::OsString;
use std::io::{self, ErrorKind, IsTerminal};
use std::path::{Path, PathBuf, is_separator};

use super::identity;
use crate::failure::{OutputError, OutputFault};

/// Name of a picture without another name.
pub const DEFAULT_NAME: &str = "image2.png";
/// The limit of Linux.
const LINKS_MAX: usize = 40;

/// An output after all symbolic links.
pub(super) enum Place {
    StandardOutput,
    /// A pipe, a device or a file descriptor, by its path.
    Open(PathBuf),
    File(FilePlace),
}

/// A file that may not exist yet, in a folder that does.
pub(super) struct FilePlace {
    /// Canonical.
    pub folder: PathBuf,
    pub name: OsString,
    pub exists: bool,
}

impl FilePlace {
    pub fn path(&self) -> PathBuf {
        self.folder.join(&self.name)
    }
}

impl Place {
    pub fn of(path: &Path) -> Result<Self, OutputFault> {
        if path.as_os_str() == "-" {
            return Ok(Self::StandardOutput);
        }
        if names_a_folder(path) {
            return Err(OutputFault::IsFolder);
        }
        let mut path = path.to_owned();
        for _ in 0..LINKS_MAX {
            let name = path.file_name().ok_or(OutputFault::IsFolder)?.to_owned();
            let folder = canonical_folder(parent(&path))?;
            path = folder.join(&name);
            let found = match path.symlink_metadata() {
                Ok(found) => found,
                Err(error) if error.kind() == ErrorKind::NotFound => {
                    let exists = false;
                    return Ok(Self::File(FilePlace {
                        folder,
                        name,
                        exists,
                    }));
                }
                Err(error) => return Err(error.into()),
            };
            if found.is_symlink() && !holds_descriptors(&folder) {
                path = folder.join(path.read_link()?);
                continue;
            }
            let found = path.metadata()?;
            // Picture and answer may share a device such as /dev/null, but not a terminal.
            let is_shared = is_device(&found) && !io::stdout().is_terminal();
            if identity::is_stdout(&found) && !is_shared {
                return Ok(Self::StandardOutput);
            }
            if found.is_dir() {
                return Err(OutputFault::IsFolder);
            }
            if holds_descriptors(&folder) || !found.is_file() {
                return Ok(Self::Open(path));
            }
            let exists = true;
            return Ok(Self::File(FilePlace {
                folder,
                name,
                exists,
            }));
        }
        Err(OutputFault::Links)
    }
}

/// The parent folder of a path; `.` if it has none.
pub fn parent(path: &Path) -> &Path {
    let parent = path.parent().unwrap_or(Path::new(""));
    if parent.as_os_str().is_empty() {
        Path::new(".")
    } else {
        parent
    }
}

fn canonical_folder(folder: &Path) -> Result<PathBuf, OutputFault> {
    let canonical = folder.canonicalize().map_err(|error| match error.kind() {
        ErrorKind::NotFound => OutputFault::NoFolder(folder.to_owned()),
        ErrorKind::NotADirectory => OutputFault::NotFolder(folder.to_owned()),
        _ => error.into(),
    })?;
    if canonical.is_dir() {
        Ok(canonical)
    } else {
        Err(OutputFault::NotFolder(folder.to_owned()))
    }
}

/// Whether the entries of a folder are file descriptors: links there must not be resolved.
fn holds_descriptors(folder: &Path) -> bool {
    (folder.starts_with("/proc") && folder.ends_with("fd")) || folder == Path::new("/dev/fd")
}

#[cfg(unix)]
fn is_device(found: &std::fs::Metadata) -> bool {
    std::os::unix::fs::FileTypeExt::is_char_device(&found.file_type())
}

#[cfg(not(unix))]
fn is_device(_: &std::fs::Metadata) -> bool {
    false
}

/// Whether a path is a folder or is written as one, such as `out/`.
fn names_a_folder(path: &Path) -> bool {
    let text = path.as_os_str().as_encoded_bytes();
    let separator = |&byte: &u8| is_separator(char::from(byte));
    let last = text.rsplit(separator).next().unwrap_or_default();
    matches!(last, b"" | b"." | b"..") || path.is_dir()
}

/// The file of a picture: `output`, or a default name in it if it names a folder.
pub fn in_folder(output: &Path) -> Result<PathBuf, OutputError> {
    if !names_a_folder(output) {
        return Ok(output.to_owned());
    }
    canonical_folder(output).map_err(|fault| fault.at(output))?;
    Ok(output.join(DEFAULT_NAME))
}

/// Whether an output is a stream, which takes one picture only.
pub fn takes_one_picture(output: &Path) -> bool {
    !matches!(Place::of(output), Ok(Place::File(_)) | Err(_))
}

/// Whether an output is standard output, by any of its names.
pub fn is_standard_output(output: &Path) -> bool {
    matches!(Place::of(output), Ok(Place::StandardOutput))
}
