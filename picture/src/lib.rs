//! Finished pictures: conversion of a network's output to pixels, PNG files with metadata, and
//! [`Recipe`], the one type that holds every setting of a picture.
//!
//! Every file written here carries the IPTC mark for pictures made by a trained algorithm. The
//! prompt and the settings are private to the user and are written only if the caller passes them.
//! Reading parameters back treats the file as untrusted input and decompresses nothing.
//!
//! This crate depends on no other crate of the workspace, so the page, the worker and the command
//! all use it.

#[cfg(feature = "browser")]
pub mod browser;
pub mod checks;
mod colour;
mod container;
mod error;
mod export;
mod metadata;
mod parameters;
mod read;
mod recipe;
mod scanlines;
mod thumbnail;
mod write;

pub use colour::{Colour, UnknownColour};
pub use error::PictureError;
pub use export::{HAZE, Picture, SIDE_MAX, straight};
pub use metadata::xmp;
pub use parameters::Parameters;
pub use read::read_parameters;
pub use recipe::Recipe;
pub use write::Layout;
#[cfg(not(target_arch = "wasm32"))]
pub use write::encode_png;
