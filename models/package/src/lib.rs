//! The model package: a folder with `manifest.json` and safetensors shards (see `FORMAT.md`).
//!
//! The contract: a byte of a package is passed on only after the SHA-256 of its chunk matched, and
//! a number of a header is used only after it was bounded. A truncated, tampered or unknown package
//! is refused with a named error ([`PackageError::code`]), is never loaded in part, and never makes
//! the reader allocate more than a small multiple of its input.
//!
//! This crate knows no device: the worker streams a package from `fetch` through [`FileVerifier`],
//! the command line reads it from a folder through [`Package`], and both look tensors up in a
//! [`Shard`].

pub mod about;
pub mod blocks;
mod bounded;
mod chunks;
mod component;
mod digest;
pub mod dtype;
mod error;
pub mod fault;
#[doc(hidden)]
pub mod fuzzing;
pub mod header;
pub mod knows;
mod layout;
pub mod limits;
pub mod manifest;
mod open_shard;
mod package;
mod plan;
mod quantize;
pub mod sampler;
mod shape;
mod shard;
mod source;
mod tensor_bytes;
mod tensors;
mod text;
mod validate;
mod verify;
mod writer;

pub use about::{About, Components};
pub use blocks::{Blocks, Format};
pub use chunks::CHUNK_BYTES;
pub use component::Component;
pub use digest::Digest;
pub use error::PackageError;
pub use knows::{Knows, Vocabulary};
pub use layout::Layout;
pub use manifest::{FileEntry, Manifest};
pub use open_shard::TensorSink;
pub use package::{Folder, Package, Report, Source, verify};
pub use plan::{Choice, Plan, Rule};
pub use quantize::{Quantized, quantize};
pub use sampler::Method;
pub use shape::Shape;
pub use shard::Shard;
pub use source::{ComponentOf, Dense, SafetensorsFile, Tensor, TensorSource};
pub use tensor_bytes::TensorBytes;
pub use tensors::{TensorEntry, Tensors};
pub use verify::FileVerifier;
pub use writer::{PackageWriter, SHARD_BYTES};

/// The value of `format` in every manifest.
pub const FORMAT_NAME: &str = "image2-package";
