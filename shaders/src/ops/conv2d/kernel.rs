//! The kernel: a [product] with the operands of `image.wgsl`, in permutations.

use image2_package::blocks::{BLOCK, Format};

use crate::gpu::Source;
use crate::ops::product::{self, Product, Residual};
use crate::tuning::SubgroupMatrix;

/// Properties of the channels of x.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// Whole blocks, so that each lies in one tap.
    Blocks,
    /// Whole vectors of four.
    Vectors,
    Any,
}

impl Reach {
    /// Of the channels, and of elements from one pixel to the next.
    pub(super) fn of(channels: usize, stride: usize) -> Self {
        match stride.is_multiple_of(4) {
            true if channels.is_multiple_of(BLOCK) => Self::Blocks,
            true if channels.is_multiple_of(4) => Self::Vectors,
            _ => Self::Any,
        }
    }
}

/// One permutation of the kernel.
#[derive(Clone, Copy, Debug)]
pub(super) struct Variant {
    pub product: Product,
    pub reach: Reach,
    pub biased: bool,
    pub sloped: bool,
    pub residual: Residual,
}

impl Variant {
    pub(super) fn source(self) -> Source {
        let source = self.product.source("conv2d", include_str!("image.wgsl"));
        self.residual
            .flags(source)
            .flag("vectors", self.reach != Reach::Any)
            .flag("whole_taps", self.reach == Reach::Blocks)
            .table("bindings", self.bindings())
            .flag("biased", self.biased)
            .flag("sloped", self.sloped)
    }

    /// Number, name and element type of the buffers after x and y.
    fn bindings(self) -> Vec<[String; 3]> {
        let all = [
            ("weights", true, "vec4<u32>"),
            ("bias", self.biased, "f32"),
            ("slopes", self.sloped, "f32"),
            ("residual", self.residual == Residual::Other, "f32"),
        ];
        let used = all.into_iter().filter(|(_, used, _)| *used).zip(3..);
        used.map(|((name, _, element), binding)| {
            [&binding.to_string(), name, element].map(str::to_owned)
        })
        .collect()
    }
}

/// The permutations of the kernel for weights of a format. The way x is read does not affect the way y
/// is stored.
pub(super) fn permutations(format: Format, matrices: &[SubgroupMatrix]) -> Vec<Variant> {
    let ends = [
        (Reach::Blocks, true, true, Residual::None),
        (Reach::Vectors, false, false, Residual::Within),
        (Reach::Any, true, false, Residual::Other),
    ];
    let ways = product::ways(format, matrices);
    ways.flat_map(|(arithmetic, tile)| {
        ends.map(|(reach, biased, sloped, residual)| Variant {
            product: Product {
                format,
                arithmetic,
                tile,
                rms_norm: None,
                gated: false,
                paired: false,
            },
            reach,
            biased,
            sloped,
            residual,
        })
    })
    .collect()
}
