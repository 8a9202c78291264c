//! Finished pictures: what made them, how they leave the page, and the strip that shows them.

pub mod download;
pub mod picture;
pub mod strip;
