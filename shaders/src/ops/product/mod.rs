//! The kernel of products, which [`Linear`](super::Linear) and [`Conv2d`](super::Conv2d) share: rows
//! times blocked weights in one of several ways of multiplying. An operation supplies the WGSL that
//! reads its rows and writes its output; `product.wgsl` says what that must define.

mod float;
mod packed;
mod subgroup_matrix;

use image2_package::blocks::{BLOCK, Format};

use crate::gpu::Source;
use crate::tuning::{Arithmetic, SubgroupMatrix, TILES, Tile};

/// Invocations of a workgroup without subgroup matrices.
const INVOCATIONS: usize = 64;

/// Where what is added to the output lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Residual {
    /// Nothing is added.
    None,
    /// In the output itself.
    Within,
    /// In another tensor.
    Other,
}

impl Residual {
    /// Sets the flags that the operands' WGSL reads.
    pub(super) fn flags(self, source: Source) -> Source {
        source
            .flag("residual_in_y", self == Self::Within)
            .flag("residual", self == Self::Other)
    }
}

/// One permutation of the multiplication.
#[derive(Clone, Copy, Debug)]
pub(super) struct Product {
    /// The storage of the weights.
    pub format: Format,
    pub arithmetic: Arithmetic,
    pub tile: Tile,
    /// The ε of a norm of each row.
    pub rms_norm: Option<f32>,
    /// Whether there are the two matrices of a gate.
    pub gated: bool,
    /// Whether rows form two parts with their own weights.
    pub paired: bool,
}

impl Product {
    /// The kernel of the operation `name`, whose operands are this WGSL.
    pub(super) fn source(self, name: &'static str, operands: &'static str) -> Source {
        let source = match self.arithmetic {
            Arithmetic::Packed => packed::source(self, name),
            Arithmetic::Single | Arithmetic::Half => float::source(self, name),
            Arithmetic::SubgroupMatrix(matrix) => subgroup_matrix::source(self, name, matrix),
        };
        source
            .include("operands", operands)
            .include("begin", include_str!("begin.wgsl"))
            .fill("rows", self.rows())
            .fill("columns", 8 * self.tile.columns)
            .fill("matrix_columns", self.matrix_columns())
            .fill("block_vectors", self.format.words_per_block() / 4)
            .flag("scaled", self.format.has_scales())
            .flag("normed", self.rms_norm.is_some())
            .fill("epsilon", format!("{:e}", self.rms_norm.unwrap_or(0.0)))
            .flag("gated", self.gated)
            .flag("paired", self.paired)
    }

    /// Fills in what the products without subgroup matrices share.
    fn finished(self, source: Source) -> Source {
        let Tile { rows, columns } = self.tile;
        let outputs = columns / if self.gated { 2 } else { 1 };
        source
            .list("own_rows", 0..rows)
            .table("own_outputs", (0..outputs).map(|j| [j, j + outputs]))
            .include("finish", include_str!("finish.wgsl"))
    }

    /// Rows of a workgroup's tile.
    pub(super) fn rows(self) -> usize {
        8 * self.tile.rows
    }

    /// Columns of a workgroup's tile that belong to one matrix.
    pub(super) fn matrix_columns(self) -> usize {
        8 * self.tile.columns / if self.gated { 2 } else { 1 }
    }

    /// Terms of a sum that one step of the kernel's loop reads.
    pub(super) fn step(self) -> usize {
        match self.arithmetic {
            Arithmetic::Packed => BLOCK * packed::blocks(self.tile),
            Arithmetic::Single | Arithmetic::Half | Arithmetic::SubgroupMatrix(_) => BLOCK,
        }
    }

    /// Whether a matrix is a gate's second one, of each matrix of a part.
    fn seconds(self) -> impl Iterator<Item = bool> {
        [false, true]
            .into_iter()
            .take(if self.gated { 2 } else { 1 })
    }
}

/// Every way of multiplying weights of a format, each in every tile, the largest first.
pub(super) fn ways(
    format: Format,
    matrices: &[SubgroupMatrix],
) -> impl Iterator<Item = (Arithmetic, Tile)> {
    let mut ways = vec![Arithmetic::Single, Arithmetic::Half];
    ways.extend(matrices.iter().copied().map(Arithmetic::SubgroupMatrix));
    ways.extend(format.has_scales().then_some(Arithmetic::Packed));
    ways.into_iter()
        .flat_map(|way| TILES.map(|tile| (way, tile.for_arithmetic(way))))
}
