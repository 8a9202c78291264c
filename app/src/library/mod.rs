//! Finished pictures: what is recorded of each, how they leave the page, and the strip that shows
//! them.

pub mod address;
pub mod download;
pub mod file;
pub mod gallery;
pub mod item;
pub mod record;
pub mod strip;
