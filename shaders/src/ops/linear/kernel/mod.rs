//! The kernel: `shared.wgsl` and one of three products, in permutations.

mod float;
mod packed;
mod subgroup_matrix;
mod variant;

use image2_package::blocks::Format;

pub(super) use packed::blocks as blocks_of_step;
pub(super) use variant::{Reach, Residual, Variant};

use crate::gpu::Source;
use crate::tuning::{Arithmetic, SubgroupMatrix, TILES};

pub(super) fn source(variant: Variant) -> Source {
    let source = match variant.arithmetic {
        Arithmetic::Packed => packed::source(variant),
        Arithmetic::Single | Arithmetic::Half => float::source(variant),
        Arithmetic::SubgroupMatrix(matrix) => subgroup_matrix::source(variant, matrix),
    };
    variant.shared(source)
}

/// Uses a kind of subgroup matrix in every way that the other permutations do.
pub(super) fn trial(matrix: SubgroupMatrix) -> Variant {
    let arithmetic = Arithmetic::SubgroupMatrix(matrix);
    Variant {
        format: Format::Q4,
        arithmetic,
        tile: TILES[0].for_arithmetic(arithmetic),
        reach: Reach::Blocks,
        repeats: false,
        rms_norm: Some(EPSILON),
        gated: true,
        biased: false,
        paired: true,
        residual: Residual::None,
    }
}

/// For tests that only compile.
const EPSILON: f32 = 1e-6;

/// The permutations of the kernel for weights of a format: all in the largest tile, in the others
/// the plainest and the fullest.
pub(super) fn permutations(format: Format, matrices: &[SubgroupMatrix]) -> Vec<Variant> {
    const SWITCHES: u32 = 5;
    let mut ways = vec![Arithmetic::Single, Arithmetic::Half];
    ways.extend(matrices.iter().copied().map(Arithmetic::SubgroupMatrix));
    ways.extend(format.has_scales().then_some(Arithmetic::Packed));
    let mut variants = Vec::new();
    for arithmetic in ways {
        for (tile, switches) in
            (0..1_u32 << SWITCHES).flat_map(|switches| TILES.map(|tile| (tile, switches)))
        {
            let [repeats, normed, biased, paired, gated] =
                std::array::from_fn(|i| switches & 1 << i != 0);
            let tile = tile.for_arithmetic(arithmetic);
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
                format,
                arithmetic,
                tile,
                reach,
                repeats,
                rms_norm: normed.then_some(EPSILON),
                gated,
                biased,
                paired,
                residual,
            }));
        }
    }
    variants
}
