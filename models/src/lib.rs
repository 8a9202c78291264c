//! Models: networks, samplers, tokenizers, and the pipelines from a prompt to a picture.
//!
//! [`Opening`] reads a package onto a device and becomes a [`Pipeline`]; [`Pipeline::generate`]
//! draws a [`Recipe`]. The worker and the command `image2` use the same library: only the tokenizer
//! asks a browser for something, the tables of Unicode.
//!
//! Modules in the order of their dependencies: `error` and `fault`, [`noise`], [`tokenizer`] and
//! [`weights`]; [`networks`] and [`samplers`], which do not know each other; [`pipelines`].

pub mod error;
pub mod fault;
pub mod networks;
pub mod noise;
pub mod pipelines;
pub mod samplers;
pub mod tokenizer;
pub mod weights;

pub use error::ModelError;
pub use image2_package::Method;
pub use image2_picture::Recipe;
pub use image2_shaders::{Compute, DeviceFault};
pub use pipelines::enlarge::{Enlargement, Enlarger, Placement, Tile, TileWork};
pub use pipelines::open::{self, Opening};
pub use pipelines::{Estimate, Limits, Look, Memory, Observer, Pipeline, Step, Tiles, Unobserved};
