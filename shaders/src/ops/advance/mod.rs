//! One stage of a sampler's step along the flow, with classifier-free guidance:
//!
//! ```text
//! g     = clean₁ + scale (clean₀ − clean₁), or clean₀ where only one branch was computed
//! saved = x + w_saved (g − x)
//! x     = base + w (g − x)
//! ```
//!
//! `base` is `x` in the first stage of a step, and the value that an earlier stage saved in the
//! second.

#[cfg(feature = "cpu")]
mod cpu;
#[cfg(feature = "gpu")]
mod gpu;
#[cfg(all(test, feature = "cpu", feature = "gpu"))]
mod tests;

use crate::ir::{Operation, Rows, TensorId, Tensors};

/// See the [module](self).
#[derive(Clone, Debug)]
pub struct Advance {
    /// `[patches, ≥ channels × patch²]`: the noisy picture, each patch channel by channel.
    pub x: TensorId,
    /// `[branches × patches, patch² × channels]`: the predicted clean picture, each patch pixel by
    /// pixel; one or two branches, the one with text first.
    pub clean: Rows,
    /// `[patches, channels × patch²]`: `g`, in the layout of `x`.
    pub guided: TensorId,
    /// `[patches, channels × patch²]`: kept between the stages of a step.
    pub saved: TensorId,
    /// `[1, 4]`: scale, w, w_saved, and 1 where the base is `saved`, else 0.
    pub weights: TensorId,
    /// Channels of a pixel.
    pub channels: usize,
}

/// Values of a patch that a workgroup takes.
const WORKGROUP: usize = 64;

impl Advance {
    /// Workgroups for patches of so many values.
    #[must_use]
    pub fn workgroups(patches: usize, values: usize) -> [usize; 3] {
        [values.div_ceil(WORKGROUP), patches, 1]
    }
}

impl Operation for Advance {
    fn name(&self) -> &'static str {
        "advance"
    }

    fn check(&self, tensors: &Tensors) {
        let [patches, stride] = tensors.matrix(self.x);
        let values = self.clean.columns;
        assert!(
            self.clean.count == patches || self.clean.count == 2 * patches,
            "one or two branches"
        );
        assert!(values.is_multiple_of(self.channels) && stride >= values);
        assert_eq!(tensors.matrix(self.clean.of)[1], values);
        assert_eq!(tensors.matrix(self.guided), [patches, values]);
        assert_eq!(tensors.matrix(self.saved), [patches, values]);
        assert_eq!(tensors.matrix(self.weights), [1, 4]);
    }

    fn reads(&self) -> Vec<TensorId> {
        vec![self.x, self.clean.of, self.saved, self.weights]
    }

    fn writes(&self) -> Vec<TensorId> {
        vec![self.x, self.guided, self.saved]
    }

    fn workgroups(&self, tensors: &Tensors) -> [usize; 3] {
        Self::workgroups(tensors.matrix(self.x)[0], self.clean.columns)
    }
}
