//! Networks: a folder for each architecture, behind one trait for each component of a package.
//!
//! A pipeline knows [`Network`] and [`Upscaler`] only. A new architecture is a folder that
//! implements [`NetworkConfig`] and [`Network`], or [`UpscalerConfig`] and [`Upscaler`], and a line
//! in `DENOISERS` or `UPSCALERS`.

pub mod mmjit;
pub(crate) mod patches;
pub mod srvgg;
mod upscaler;

use std::fmt::Debug;

use image2_shaders::{Compute, Graph, Resident, Rows};
use serde_json::Value;

pub use upscaler::{Upscaler, UpscalerConfig, UpscalerSignature};

use crate::error::ModelError;
use crate::weights::Loader;

/// Reads the `config` of a component.
type Configure<C> = fn(&Value) -> Result<Box<C>, ModelError>;

/// The architectures of denoisers that this program knows, by their names in manifests.
const DENOISERS: [(&str, Configure<dyn NetworkConfig>); 1] = [("mm-jit", |config| {
    Ok(Box::new(mmjit::MmJitConfig::from_json(config)?))
})];

/// Those of upscalers.
const UPSCALERS: [(&str, Configure<dyn UpscalerConfig>); 1] = [("srvgg", |config| {
    Ok(Box::new(srvgg::SrvggConfig::from_json(config)?))
})];

/// Reads and validates the configuration of a denoiser.
///
/// # Errors
/// [`ModelError::Architecture`] if the name is unknown, [`ModelError::Config`] for the first rule
/// that the configuration breaks.
pub fn denoiser(architecture: &str, config: &Value) -> Result<Box<dyn NetworkConfig>, ModelError> {
    configure(&DENOISERS, architecture, config)
}

/// Reads and validates the configuration of an upscaler.
///
/// # Errors
/// As of [`denoiser`].
pub fn upscaler(architecture: &str, config: &Value) -> Result<Box<dyn UpscalerConfig>, ModelError> {
    configure(&UPSCALERS, architecture, config)
}

fn configure<C: ?Sized>(
    known: &[(&str, Configure<C>)],
    architecture: &str,
    config: &Value,
) -> Result<Box<C>, ModelError> {
    let known = known.iter().find(|(name, _)| *name == architecture);
    let (_, configure) = known.ok_or_else(|| ModelError::Architecture(architecture.to_owned()))?;
    configure(config)
}

/// A validated configuration: a network before it has weights.
pub trait NetworkConfig: Debug {
    /// The network's inputs and outputs.
    fn signature(&self) -> Signature;

    /// Names of the weights that are looked up row by row, never multiplied. They stay in the
    /// processor's memory.
    fn tables(&self) -> &'static [&'static str];

    /// Rows of the token table; `None` where an external encoder provides features.
    fn vocabulary(&self) -> Option<usize>;

    /// Takes every weight of the network.
    ///
    /// # Errors
    /// If a tensor is missing or has another shape.
    fn load(&self, loader: &Loader<'_>) -> Result<Box<dyn Network>, ModelError>;
}

/// A network's inputs and outputs, as pipelines need to know them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signature {
    /// Channels of a picture: 3 (RGB) or 4 (premultiplied RGBA).
    pub channels: usize,
    /// Channels of the condition beside the picture: 0, or a mask and the known picture.
    pub condition: usize,
    /// Side of a square patch in pixels.
    pub patch: usize,
    /// Height and width in pixels that the network was trained at.
    pub size: [usize; 2],
    /// Tokens of a text.
    pub text_length: usize,
    /// Features of an encoded token.
    pub text_width: usize,
}

impl Signature {
    /// Rows and columns of patches in a picture of `[height, width]` pixels.
    ///
    /// # Panics
    /// If a side is not a multiple of the patch.
    #[must_use]
    pub fn grid(&self, size: [usize; 2]) -> [usize; 2] {
        let patch = self.patch;
        assert!(
            size.iter().all(|side| side.is_multiple_of(patch)),
            "{size:?} is not whole patches of {patch}"
        );
        size.map(|side| side / patch)
    }

    /// The number of patches in a picture of `[height, width]` pixels.
    ///
    /// # Panics
    /// If a side is not a multiple of the patch.
    #[must_use]
    pub fn patches(&self, size: [usize; 2]) -> usize {
        let [rows, columns] = self.grid(size);
        rows * columns
    }

    /// Values of a patch of the picture.
    #[must_use]
    pub fn patch_values(&self) -> usize {
        self.channels * self.patch * self.patch
    }
}

/// A text as a network reads it.
#[derive(Clone, Debug, PartialEq)]
pub enum Text {
    /// Token ids, at most [`Signature::text_length`]; 0 and missing ones are padding.
    Tokens(Vec<u32>),
    /// Features of an external encoder, `[tokens, size]` row by row; missing ones are padding.
    Features(Vec<f32>),
}

impl Text {
    /// The text of the unconditional branch: padding alone.
    #[must_use]
    pub fn empty() -> Self {
        Self::Tokens(Vec::new())
    }
}

/// The encoding of texts: independent of picture and step, so it runs once a prompt.
#[derive(Debug)]
pub struct TextEncoding {
    /// `[texts × text_length, size of a token's features]`; see [`Network::text_features`].
    pub input: Resident,
    /// `[texts × text_length, text_width]`
    pub output: Resident,
    /// Computes the output; `None` where the input is the output.
    pub graph: Option<Graph>,
}

/// What one pass for a size of picture needs of its device, known before anything is allocated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Demand {
    /// Bytes of the largest tensor.
    pub buffer_bytes: u64,
    /// The most workgroups in one dimension of a dispatch.
    pub workgroups: usize,
}

/// A network with its weights on a device: it predicts clean pictures from noisy ones and texts.
pub trait Network: Debug {
    /// Its inputs and outputs.
    fn signature(&self) -> Signature;

    /// The device.
    fn compute(&self) -> &Compute;

    /// The demand of a pass over `batch` pictures of `[height, width]` pixels.
    fn demand(&self, batch: usize, size: [usize; 2]) -> Demand;

    /// The encoding of so many texts at a time.
    fn text_encoding(&self, texts: usize) -> TextEncoding;

    /// Values for [`TextEncoding::input`].
    ///
    /// # Shapes
    /// - output: `[texts × text_length, size of a token's features]`
    ///
    /// # Errors
    /// [`ModelError::Text`] if a text is of the wrong kind, too long, or has an unknown token.
    fn text_features(&self, texts: &[Text]) -> Result<Vec<f32>, ModelError>;

    /// Reserves a tensor for the prediction of `batch` pictures.
    ///
    /// # Shapes
    /// - output: `[batch × patches, patch² × channels]`
    ///
    /// # Panics
    /// If `size` is not whole patches.
    fn prediction(&self, graph: &mut Graph, batch: usize, size: [usize; 2]) -> Rows;

    /// Adds the forward pass to a graph.
    ///
    /// A network with condition channels also reads what is known of the picture: the first of them
    /// is a mask, 1 where the picture is known and kept, 0 where it is unknown, −1 where the others
    /// are a reference (another picture of the same things); the others are the known picture, 0
    /// where there is none. Missing columns of `x` count as zeros: a picture from text alone.
    ///
    /// # Shapes
    /// - x: `[patches or batch × patches, channels × patch² (+ condition × patch²)]`, each patch
    ///   channel by channel; fewer rows repeat
    /// - txt: `[batch × text_length, text_width]`, from [`TextEncoding::output`]
    /// - clean: as of [`Self::prediction`], each patch pixel by pixel
    ///
    /// # Panics
    /// If a shape does not fit.
    fn record(&self, graph: &mut Graph, x: Rows, txt: Rows, clean: Rows, size: [usize; 2]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_architecture_is_refused_by_name() {
        // One component's architecture is not another's.
        for (name, error) in [
            ("unet", denoiser("unet", &Value::Null).map(drop)),
            ("srvgg", denoiser("srvgg", &Value::Null).map(drop)),
            ("mm-jit", upscaler("mm-jit", &Value::Null).map(drop)),
        ] {
            let error = error.expect_err("unknown");
            assert_eq!(error.code(), "model.architecture");
            assert_eq!(error.arguments()["architecture"], name);
        }
    }
}
