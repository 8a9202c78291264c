//! Pixel shuffle: each pixel of `channels × factor²` values becomes `factor × factor` pixels of
//! `channels` values, and perhaps the nearest pixel of a smaller image is added:
//!
//! ```text
//! y[i, j, c] = x[i / r, j / r, c · r² + (i mod r) · r + j mod r] + nearest[i / r, j / r, c]
//! ```
//!
//! The order of channels is that of PyTorch's `pixel_shuffle`.

#[cfg(feature = "cpu")]
mod cpu;
#[cfg(feature = "gpu")]
mod gpu;
#[cfg(all(test, feature = "cpu", feature = "gpu"))]
mod tests;

use super::Image;
use crate::ir::{Operation, TensorId, Tensors, spread};

/// See the [module](self).
#[derive(Clone, Debug)]
pub struct PixelShuffle {
    /// `channels × factor²` channels.
    pub x: Image,
    /// Pixels of `y` for one of `x`, in both dimensions.
    pub factor: usize,
    /// An image as large as `x`, with `channels` channels.
    pub nearest: Option<Image>,
    /// `factor` times as high and as wide as `x`; another tensor than both.
    pub y: Image,
}

/// Values that a workgroup takes.
const WORKGROUP: usize = 64;

impl Operation for PixelShuffle {
    fn name(&self) -> &'static str {
        "pixel_shuffle"
    }

    fn check(&self, tensors: &Tensors) {
        let (x, y, factor) = (self.x, self.y, self.factor);
        for image in [Some(x), self.nearest, Some(y)].into_iter().flatten() {
            image.check(tensors);
            assert!(
                image == y || image.of != y.of,
                "pixels are not shuffled in place"
            );
        }
        assert_eq!(y.size, x.size.map(|side| side * factor), "pixels");
        assert_eq!(x.channels, y.channels * factor * factor, "channels");
        assert!(
            self.nearest
                .is_none_or(|image| image.size == x.size && image.channels == y.channels),
            "{:?} to add",
            self.nearest
        );
    }

    fn reads(&self) -> Vec<TensorId> {
        let nearest = self.nearest.map(|image| image.of);
        std::iter::once(self.x.of).chain(nearest).collect()
    }

    fn writes(&self) -> Vec<TensorId> {
        vec![self.y.of]
    }

    fn workgroups(&self, _: &Tensors) -> [usize; 3] {
        spread((self.y.pixels() * self.y.channels).div_ceil(WORKGROUP))
    }
}
