//! One permutation of the kernel, and what all ways of multiplying fill in alike.

use image2_package::blocks::Format;

use crate::gpu::Source;
use crate::tuning::{Arithmetic, Tile};

/// Invocations of a workgroup without subgroup matrices.
pub(super) const INVOCATIONS: usize = 64;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::ops::linear) enum Residual {
    None,
    Within,
    Other,
}

/// Properties of the columns of x that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::ops::linear) enum Reach {
    /// They are whole steps of the kernel's loop, and rows begin at whole vectors.
    Blocks,
    /// Whole vectors of four.
    Vectors,
    Any,
}

impl Reach {
    /// Of the columns that the parts read `step` at a time, and of x's width.
    pub(in crate::ops::linear) fn of(
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
pub(in crate::ops::linear) struct Variant {
    pub format: Format,
    pub arithmetic: Arithmetic,
    pub tile: Tile,
    pub reach: Reach,
    /// Whether rows of x repeat.
    pub repeats: bool,
    /// The norm's ε.
    pub rms_norm: Option<f32>,
    pub gated: bool,
    pub biased: bool,
    pub paired: bool,
    pub residual: Residual,
}

impl Variant {
    /// Fills in `shared.wgsl`.
    pub(super) fn shared(self, source: Source) -> Source {
        let source = source
            .flag("vectors", self.reach != Reach::Any)
            .flag("partial_blocks", self.reach != Reach::Blocks)
            .table("bindings", self.bindings())
            .fill("rows", self.rows())
            .fill("columns", 8 * self.tile.columns)
            .fill("matrix_columns", self.matrix_columns())
            .fill("block_vectors", self.format.words_per_block() / 4)
            .flag("scaled", self.format.has_scales())
            .flag("repeats", self.repeats)
            .flag("normed", self.rms_norm.is_some())
            .flag("gated", self.gated)
            .flag("biased", self.biased)
            .flag("paired", self.paired)
            .flag("residual_in_y", self.residual == Residual::Within)
            .flag("residual", self.residual == Residual::Other);
        source.fill("epsilon", format!("{:e}", self.rms_norm.unwrap_or(0.0)))
    }

    /// Fills in what the products without subgroup matrices share.
    pub(super) fn finished(self, source: Source) -> Source {
        let Tile { rows, columns } = self.tile;
        let outputs = columns / if self.gated { 2 } else { 1 };
        source
            .list("own_rows", 0..rows)
            .table("own_outputs", (0..outputs).map(|j| [j, j + outputs]))
            .include("finish", include_str!("finish.wgsl"))
    }

    /// Rows of a workgroup's tile.
    pub(in crate::ops::linear) fn rows(self) -> usize {
        8 * self.tile.rows
    }

    /// Columns of a workgroup's tile that belong to one matrix.
    pub(in crate::ops::linear) fn matrix_columns(self) -> usize {
        8 * self.tile.columns / if self.gated { 2 } else { 1 }
    }

    /// Whether a matrix is a gate's second one, of each matrix of a part.
    pub(super) fn seconds(self) -> impl Iterator<Item = bool> {
        [false, true]
            .into_iter()
            .take(if self.gated { 2 } else { 1 })
    }

    /// Number, name and element type of the buffers after x and y: weights and biases of the parts,
    /// then the residual.
    fn bindings(self) -> Vec<[String; 3]> {
        let of_part = [
            ("weights", true, "vec4<u32>"),
            ("gate", self.gated, "vec4<u32>"),
            ("bias", self.biased, "f32"),
        ];
        let prefixes = ["", "other_"]
            .into_iter()
            .take(if self.paired { 2 } else { 1 });
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
