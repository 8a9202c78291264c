//! The kernel: a [product] with the operands of `rows.wgsl`, in permutations.

use image2_package::blocks::Format;

use crate::gpu::Source;
use crate::ops::product::{self, Product, Residual};
use crate::tuning::{Arithmetic, SubgroupMatrix, TILES};

/// Properties of the columns of x that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// They are whole steps of the kernel's loop, and rows begin at whole vectors.
    Blocks,
    /// Whole vectors of four.
    Vectors,
    Any,
}

impl Reach {
    /// Of the columns that the parts read `step` at a time, and of x's width.
    pub(super) fn of(
        width: usize,
        columns: impl Iterator<Item = usize> + Clone,
        step: usize,
    ) -> Self {
        let all = |of: usize| columns.clone().all(|columns| columns.is_multiple_of(of));
        match width.is_multiple_of(4) {
            true if all(step) => Self::Blocks,
            true if all(4) => Self::Vectors,
            _ => Self::Any,
        }
    }
}

/// One permutation of the kernel.
#[derive(Clone, Copy, Debug)]
pub(super) struct Variant {
    pub product: Product,
    pub reach: Reach,
    /// Whether rows of x repeat.
    pub repeats: bool,
    pub biased: bool,
    pub residual: Residual,
}

impl Variant {
    pub(super) fn source(self) -> Source {
        let source = self.product.source("linear", include_str!("rows.wgsl"));
        self.residual
            .flags(source)
            .flag("vectors", self.reach != Reach::Any)
            .flag("partial_blocks", self.reach != Reach::Blocks)
            .table("bindings", self.bindings())
            .flag("repeats", self.repeats)
            .flag("biased", self.biased)
    }

    /// Uses a kind of subgroup matrix in every way that the other permutations do.
    pub(super) fn trial(matrix: SubgroupMatrix) -> Self {
        let arithmetic = Arithmetic::SubgroupMatrix(matrix);
        Self {
            product: Product {
                format: Format::Q4,
                arithmetic,
                tile: TILES[0].for_arithmetic(arithmetic),
                rms_norm: Some(EPSILON),
                gated: true,
                paired: true,
            },
            reach: Reach::Blocks,
            repeats: false,
            biased: false,
            residual: Residual::None,
        }
    }

    /// Number, name and element type of the buffers after x and y: weights and biases of the parts,
    /// then the residual.
    fn bindings(self) -> Vec<[String; 3]> {
        let Product { gated, paired, .. } = self.product;
        let of_part = [
            ("weights", true, "vec4<u32>"),
            ("gate", gated, "vec4<u32>"),
            ("bias", self.biased, "f32"),
        ];
        let prefixes = ["", "other_"].into_iter().take(if paired { 2 } else { 1 });
        let mut buffers: Vec<(String, &str)> = Vec::new();
        for prefix in prefixes {
            let used = of_part.iter().filter(|(_, used, _)| *used);
            buffers.extend(used.map(|(name, _, element)| (format!("{prefix}{name}"), *element)));
        }
        if self.residual == Residual::Other {
            buffers.push(("residual".into(), "f32"));
        }
        let numbered = buffers.into_iter().zip(3..);
        numbered
            .map(|((name, element), binding)| [binding.to_string(), name, element.to_owned()])
            .collect()
    }
}

/// For tests that only compile.
const EPSILON: f32 = 1e-6;

/// The permutations of the kernel for weights of a format: all in the largest tile, in the others
/// the plainest and the fullest.
pub(super) fn permutations(format: Format, matrices: &[SubgroupMatrix]) -> Vec<Variant> {
    const SWITCHES: u32 = 5;
    let mut variants = Vec::new();
    for ((arithmetic, tile), switches) in product::ways(format, matrices)
        .flat_map(|way| (0..1_u32 << SWITCHES).map(move |switches| (way, switches)))
    {
        let [repeats, normed, biased, paired, gated] =
            std::array::from_fn(|i| switches & 1 << i != 0);
        let extreme = switches == 0 || switches.count_ones() >= SWITCHES - 1;
        // No network's gate has a bias: it would bind more than WebGPU guarantees.
        if (gated && biased) || (tile != TILES[0] && !extreme) {
            continue;
        }
        // The way x is read does not affect the way y is stored.
        let ends = [
            (Reach::Blocks, Residual::None),
            (Reach::Vectors, Residual::Within),
            (Reach::Any, Residual::Other),
        ];
        variants.extend(ends.map(|(reach, residual)| Variant {
            product: Product {
                format,
                arithmetic,
                tile,
                rms_norm: normed.then_some(EPSILON),
                gated,
                paired,
            },
            reach,
            repeats,
            biased,
            residual,
        }));
    }
    variants
}
