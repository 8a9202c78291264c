//! Finished pictures: from the network's numbers to pixels, and to files that say what they are.
//!
//! The contract: every file written here carries the mark "made by a trained algorithm" (IPTC
//! `DigitalSourceType`); the prompt and the settings go in only if the caller gives them, because
//! they are the user's own affair. Reading a file back trusts nothing in it and decompresses
//! nothing.
//!
//! A leaf: it names nothing else of ours, so that the command line, the app and the worker share
//! it.

pub mod checks;
mod error;
mod export;
mod metadata;
mod parameters;
mod read;
mod recipe;
mod write;

pub use error::PictureError;
pub use export::{HAZE, Picture};
pub use parameters::Parameters;
pub use read::read_parameters;
pub use recipe::Recipe;
pub use write::encode_png;
