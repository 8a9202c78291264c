//! A picture as pixels for display, and statistics that show whether its values are valid.
//!
//! A value `v` stands for `(v + 1) / 2`. Alpha is clamped to 0 and 1, colour is clamped to alpha and
//! divided by it; then alpha is stretched so that values below `haze` become transparent and values
//! above `1 − haze` opaque. Pictures of three channels are opaque.

#[cfg(feature = "cpu")]
mod cpu;
#[cfg(feature = "gpu")]
mod gpu;
#[cfg(all(test, feature = "cpu", feature = "gpu"))]
mod tests;

use crate::ir::{DType, Operation, TensorId, Tensors};

/// See the [module](self).
#[derive(Clone, Debug)]
pub struct Preview {
    /// `[patches, channels × patch²]`: premultiplied, each patch channel by channel.
    pub values: TensorId,
    /// `[1, Preview::length(…)]` of u32: see [`Preview::decode`].
    pub out: TensorId,
    /// Channels of a pixel, 3 or 4.
    pub channels: usize,
    /// Height and width in pixels.
    pub size: [usize; 2],
    /// The side of a patch in pixels.
    pub patch: usize,
    /// Alpha that counts as transparent.
    pub haze: f32,
}

/// The output of [`Preview`].
#[derive(Clone, Debug, PartialEq)]
pub struct Previewed {
    /// Red, green, blue, alpha of each pixel, not premultiplied, row by row.
    pub rgba: Vec<u8>,
    /// The first value that is NaN or infinite, counted plane by plane.
    pub non_finite: Option<usize>,
    /// The smallest and the largest of all finite values.
    pub extent: [f32; 2],
}

/// Pixels that a workgroup takes.
const GROUP: usize = 256;
/// Words of statistics for each group: the index of the first value that is not finite, counted
/// from 1 (0 where all are finite), then the smallest and the largest of the finite ones. A buffer
/// that was never written decodes as all zeros.
const STATISTICS: usize = 3;

impl Preview {
    /// Workgroups for a picture of this height and width in pixels.
    #[must_use]
    pub fn workgroups([height, width]: [usize; 2]) -> [usize; 3] {
        [(height * width).div_ceil(GROUP), 1, 1]
    }

    /// Words of pixels and statistics.
    #[must_use]
    pub fn length([height, width]: [usize; 2]) -> usize {
        let pixels = height * width;
        pixels + STATISTICS * pixels.div_ceil(GROUP)
    }

    /// Decodes `out`.
    ///
    /// # Panics
    /// If its length is not that of a picture of this size.
    #[must_use]
    pub fn decode(bits: &[u32], size: [usize; 2]) -> Previewed {
        assert_eq!(bits.len(), Self::length(size), "bits of {size:?} pixels");
        let (pixels, statistics) = bits.split_at(size[0] * size[1]);
        let (groups, _) = statistics.as_chunks::<STATISTICS>();
        let first = groups.iter().map(|group| group[0]).filter(|&i| i > 0).min();
        let ends = groups
            .iter()
            .map(|group| [group[1], group[2]].map(f32::from_bits));
        let extent = ends.reduce(|[a, b], [low, high]| [a.min(low), b.max(high)]);
        Previewed {
            // Little-endian, as WebGPU is everywhere.
            rgba: bytemuck::cast_slice(pixels).to_vec(),
            non_finite: first.map(|i| i as usize - 1),
            extent: extent.unwrap_or_default(),
        }
    }
}

impl Operation for Preview {
    fn name(&self) -> &'static str {
        "preview"
    }

    fn check(&self, tensors: &Tensors) {
        let ([height, width], area) = (self.size, self.patch * self.patch);
        assert!(matches!(self.channels, 3 | 4), "channels of a pixel");
        assert!(self.size.iter().all(|side| side.is_multiple_of(self.patch)));
        assert_eq!(
            tensors.matrix(self.values),
            [height * width / area, self.channels * area],
            "the picture"
        );
        assert_eq!(tensors.matrix(self.out), [1, Self::length(self.size)]);
        assert_eq!(tensors.get(self.out).dtype, DType::U32, "pixels are bits");
        assert!((0.0..0.5).contains(&self.haze), "both ends differ");
    }

    fn reads(&self) -> Vec<TensorId> {
        vec![self.values]
    }

    fn writes(&self) -> Vec<TensorId> {
        vec![self.out]
    }

    fn workgroups(&self, _: &Tensors) -> [usize; 3] {
        Self::workgroups(self.size)
    }
}
