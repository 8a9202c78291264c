//! Handing out files: the two folders, and everything between a request's path and the bytes.
//!
//! Contract: only regular files inside the folder are served, in bounded memory, and each under an
//! ETag that is the SHA-256 of the bytes sent. Equal files have equal ETags on every instance and
//! after every restart, so that a download begun at one instance continues at another. tower-http's
//! `ServeDir` is not used because its ETags come from the modification time.

mod answer;
mod app_files;
mod digest;
mod folder;
mod models;
mod negotiate;
mod path;
mod stream;

pub(crate) use app_files::app_files;
pub(crate) use folder::Folder;
pub(crate) use models::router as models_router;
