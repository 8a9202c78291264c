//! The permutations of the kernel, and what all ways of multiplying fill in alike.

mod float;
mod packed;
mod subgroup_matrix;

use image2_package::blocks::Format;

use crate::gpu::{Source, lines};
use crate::tuning::{Arithmetic, SubgroupMatrix, TILES, Tile};

/// Invocations of a workgroup without subgroup matrices.
const INVOCATIONS: usize = 64;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::ops::linear) enum Residual {
    None,
    Within,
    Other,
}

/// What is known of the columns of x that are read.
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
    pub(in crate::ops::linear) fn source(self) -> Source {
        let source = match self.arithmetic {
            Arithmetic::Packed => packed::source(self),
            Arithmetic::Single | Arithmetic::Half => float::source(self),
            Arithmetic::SubgroupMatrix(matrix) => {
                return self.shared(subgroup_matrix::source(self, matrix));
            }
        };
        self.shared(source).fill("finish", self.finish())
    }

    /// Fills in what all ways of multiplying share.
    fn shared(self, source: Source) -> Source {
        let Tile { rows, columns } = self.tile;
        source
            .fill("element", if self.vectors() { "vec4<f32>" } else { "f32" })
            .fill("in_elements", if self.vectors() { " / 4u" } else { "" })
            .fill("bindings", self.bindings())
            .fill("rows", 8 * rows)
            .fill("columns", 8 * columns)
            .fill("matrix_columns", self.matrix_columns())
            .fill("epsilon", format!("{:e}", self.rms_norm.unwrap_or(0.0)))
            .fill("vectors", self.format.words_per_block() / 4)
            .fill("words_at", self.words_at())
            .fill("scale", self.scale())
            .fill("own_row", self.own_row())
            .fill("x_at", self.x_at())
            .fill("bias_value", self.bias_value())
            .fill("residual_at", self.residual_at())
    }

    fn vectors(self) -> bool {
        self.reach != Reach::Any
    }

    /// Rows of a workgroup's tile.
    pub(in crate::ops::linear) fn rows(self) -> usize {
        8 * self.tile.rows
    }

    /// Columns of a workgroup's tile that belong to one matrix.
    pub(in crate::ops::linear) fn matrix_columns(self) -> usize {
        8 * self.tile.columns / if self.gated { 2 } else { 1 }
    }

    /// Weights and biases of the parts, and the residual, in the order of the buffers.
    fn bindings(self) -> String {
        let of_part = [
            ("weights", true, "vec4<u32>"),
            ("gate", self.gated, "vec4<u32>"),
            ("bias", self.biased, "f32"),
        ];
        let mut names = Vec::new();
        for part in if self.paired {
            &["", "other_"][..]
        } else {
            &[""]
        } {
            let there = of_part.iter().filter(|(_, there, _)| *there);
            names.extend(there.map(|(name, _, element)| (format!("{part}{name}"), *element)));
        }
        if self.residual == Residual::Other {
            names.push(("residual".into(), "f32"));
        }
        lines(names.iter().zip(3..).map(|((name, element), binding)| {
            format!("@group(0) @binding({binding}) var<storage, read> {name}: array<{element}>;")
        }))
    }

    /// Value `i` of one of a part's buffers.
    fn read(self, name: &str) -> String {
        match self.paired {
            true => format!("if (other) {{ return other_{name}[i]; }}\nreturn {name}[i];"),
            false => format!("return {name}[i];"),
        }
    }

    /// `act` for the part that the workgroup has, with `other` written out.
    pub(in crate::ops::linear) fn either_part(self, act: impl Fn(bool) -> String) -> String {
        match self.paired {
            true => format!(
                "if (other) {{\n{}\n}} else {{\n{}\n}}",
                act(true),
                act(false)
            ),
            false => act(false),
        }
    }

    /// `act` for each of its matrices, with `second` written out, too.
    pub(in crate::ops::linear) fn matrices_of_either_part(
        self,
        act: impl Fn(bool, bool) -> String,
    ) -> String {
        let seconds = if self.gated {
            &[false, true][..]
        } else {
            &[false]
        };
        self.either_part(|other| lines(seconds.iter().map(|&second| act(other, second))))
    }

    fn words_at(self) -> String {
        match self.gated {
            true => format!(
                "if (second) {{ {} }}\n{}",
                self.read("gate"),
                self.read("weights")
            ),
            false => self.read("weights"),
        }
    }

    fn scale(self) -> &'static str {
        match self.format.has_scales() {
            false => "return 1.0;",
            true => {
                "let word = part.scales + i / 2u;
                 return unpack2x16float(words_at(other, second, word / 4u)[word % 4u])[i % 2u];"
            }
        }
    }

    fn own_row(self) -> &'static str {
        match self.repeats {
            true => "min(row, part.rows - 1u) % part.x_count",
            false => "min(row, part.rows - 1u)",
        }
    }

    fn x_at(self) -> &'static str {
        match self.reach {
            Reach::Blocks => "return x[row_at + k / 4u];",
            Reach::Vectors => {
                "if (k >= part.inner) { return vec4<f32>(); }
                 return x[row_at + k / 4u];"
            }
            Reach::Any => {
                "var four = vec4<f32>();
                 if (k < part.inner) { four.x = x[row_at + k]; }
                 if (k + 1u < part.inner) { four.y = x[row_at + k + 1u]; }
                 if (k + 2u < part.inner) { four.z = x[row_at + k + 2u]; }
                 if (k + 3u < part.inner) { four.w = x[row_at + k + 3u]; }
                 return four;"
            }
        }
    }

    fn bias_value(self) -> String {
        match self.biased {
            true => self.read("bias"),
            false => "return 0.0;".into(),
        }
    }

    fn residual_at(self) -> &'static str {
        match self.residual {
            Residual::None => "return 0.0;",
            Residual::Within => "return y[(part.y_first + row) * parameters.y_stride + column];",
            Residual::Other => {
                "let at = part.residual_first + row % part.residual_count;
                 return residual[at * parameters.residual_stride + column];"
            }
        }
    }

    /// The invocation's rows and columns.
    pub(in crate::ops::linear) fn cells(self) -> impl Iterator<Item = [usize; 2]> {
        let Tile { rows, columns } = self.tile;
        (0..rows).flat_map(move |i| (0..columns).map(move |j| [i, j]))
    }

    pub(in crate::ops::linear) fn sums(self) -> impl Iterator<Item = String> {
        self.cells().map(|[i, j]| format!("var sum_{i}_{j} = 0.0;"))
    }

    /// The factor of each of the invocation's rows. Whoever saw a part of a row tells its squares
    /// by `share`; `parts` are those of row `i`.
    pub(in crate::ops::linear) fn norms(
        self,
        share: &str,
        parts: impl Fn(usize) -> Vec<String>,
    ) -> String {
        let rows = 0..self.tile.rows;
        if self.rms_norm.is_none() {
            return lines(rows.map(|i| format!("let norm_{i} = 1.0;")));
        }
        let factors = rows.map(|i| {
            let sum = parts(i).join(" + ");
            format!("let norm_{i} = inverseSqrt(({sum}) / f32(part.inner) + EPSILON);")
        });
        format!("{share}\nworkgroupBarrier();\n{}", lines(factors))
    }

    fn finish(self) -> String {
        let halves = self.tile.columns / if self.gated { 2 } else { 1 };
        let cells = self.cells().filter(|&[_, j]| j < halves);
        lines(cells.map(|[i, j]| {
            let row = format!("first_row + {i}u * 8u + local.y");
            let column = format!("first_column + {j}u * 8u + local.x");
            let scaled = |j: usize| format!("norm_{i} * sum_{i}_{j}");
            let value = match self.gated {
                true => format!("silu({}) * ({})", scaled(j), scaled(j + halves)),
                false => scaled(j),
            };
            format!("store(part, other, {row}, {column}, {value});")
        }))
    }
}

/// Blocks of weights that an 8-bit product takes in one step of its loop.
pub(in crate::ops::linear) fn blocks_of_step(tile: Tile) -> usize {
    packed::blocks(tile)
}

/// Uses a kind of subgroup matrix in every way that the other permutations do.
pub(in crate::ops::linear) fn trial(matrix: SubgroupMatrix) -> Variant {
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
pub(in crate::ops::linear) fn permutations(
    format: Format,
    matrices: &[SubgroupMatrix],
) -> Vec<Variant> {
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
            // What changes how x is read changes nothing of how y is stored.
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
