//! The model package: a folder with `manifest.json` and safetensors shards (see `FORMAT.md`).
//!
//! The contract: a byte of a package is handed on only after the SHA-256 of its chunk matched,
//! and a header is believed only after every number in it was bounded. A truncated, tampered or
//! unknown package is refused with the fault's name ([`PackageError::code`]), never loaded in
//! part, and never makes the reader allocate more than its input is long, times a small constant.
//!
//! This crate computes on the CPU alone and names no device: the worker streams a package from
//! `fetch` through [`FileVerifier`], the command line reads it from a folder through
//! [`Package`], and both look tensors up in a [`Shard`].

pub mod blocks;
mod digest;
mod error;
#[doc(hidden)]
pub mod fuzzing;
mod growing;
pub mod header;
pub mod limits;
pub mod manifest;
mod package;
mod plan;
mod quantize;
mod shape;
mod shard;
mod source;
mod text;
mod validate;
mod verify;
mod writer;

pub use blocks::{Blocks, Format};
pub use digest::Digest;
pub use error::PackageError;
pub use growing::TensorSink;
pub use manifest::{About, FileEntry, Layout, Manifest, Method, TensorEntry};
pub use package::{Folder, Package, Report, Source, verify};
pub use plan::{Choice, Plan, Rule};
pub use quantize::{Quantized, quantize};
pub use shape::Shape;
pub use shard::{Shard, TensorBytes};
pub use source::{Dense, SafetensorsFile, Tensor, TensorSource};
pub use verify::FileVerifier;
pub use writer::{CHUNK_BYTES, PackageWriter, SHARD_BYTES};
