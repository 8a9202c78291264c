//! Reading served files: from the path of a request to bytes that are known to be of one version.
//!
//! Contract: only regular files inside a folder are read, in bounded memory. Files are identified by
//! the SHA-256 of their content, which is equal on every instance and after every restart, so a
//! download that began at one instance continues at another. tower-http's `ServeDir` is not used
//! because its ETags come from modification times. Nothing here knows HTTP.

mod digest;
mod error;
mod folder;
mod open_file;
mod path;
mod per_version;
mod precompressed;
mod stream;

pub use error::FileError;
pub(crate) use folder::Folder;
pub(crate) use open_file::OpenFile;
pub(crate) use path::FilePath;
pub(crate) use stream::stream;
