//! Models: networks, samplers, tokenizers and the pipeline from a prompt to a picture.
//!
//! [`open::Opening`] reads a package onto a device and becomes a [`Pipeline`];
//! [`Pipeline::generate`] makes pictures. Nothing here names a browser: the worker and the
//! command `image2` use the same library.

mod canvas;
pub mod error;
pub mod loader;
pub mod mmjit;
pub mod noise;
pub mod open;
pub mod pipeline;
mod plan;
mod prompt;
pub mod sampler;
pub mod tokenizer;

pub use error::ModelError;
pub use image2_package::Method;
pub use image2_picture::Recipe;
pub use image2_shaders::{Compute, DeviceFault};
pub use open::Opening;
pub use pipeline::{Memory, Observer, Pipeline, Step, Unobserved};
