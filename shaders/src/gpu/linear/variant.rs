//! One permutation of the kernel, and what all ways of multiplying fill in alike.

use image2_package::blocks::Format;

use super::super::kernel::{Source, lines};
use super::{matrix, packed, wide};
use crate::graph::EPSILON;
use crate::tuning::{Arithmetic, Tile};

/// Of a workgroup without subgroup matrices.
pub(super) const INVOCATIONS: usize = 64;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Residual {
    None,
    Within,
    Other,
}

/// One permutation of the kernel.
#[derive(Clone, Copy, Debug)]
pub(super) struct Variant {
    pub format: Format,
    pub arithmetic: Arithmetic,
    pub tile: Tile,
    pub vectors: bool,
    pub normed: bool,
    pub gated: bool,
    pub biased: bool,
    pub paired: bool,
    pub residual: Residual,
}

impl Variant {
    pub(super) fn source(self) -> Source {
        let source = match self.arithmetic {
            Arithmetic::Packed => packed::source(self),
            Arithmetic::Single | Arithmetic::Half => wide::source(self),
            Arithmetic::Matrix(unit) => return self.shared(matrix::source(self, unit)),
        };
        self.shared(source).fill("finish", self.finish())
    }

    /// Fills in what all ways of multiplying share.
    fn shared(self, source: Source) -> Source {
        let Tile { rows, columns } = self.tile;
        source
            .fill("element", if self.vectors { "vec4<f32>" } else { "f32" })
            .fill("bindings", self.bindings())
            .fill("rows", 8 * rows)
            .fill("columns", 8 * columns)
            .fill(
                "matrix_columns",
                8 * columns / if self.gated { 2 } else { 1 },
            )
            .fill("epsilon", format!("{EPSILON:e}"))
            .fill("words", self.format.words_per_block())
            .fill("weight_element", self.weight_element())
            .fill("weight", self.weight())
            .fill("scale", self.scale())
            .fill("x_at", self.x_at())
            .fill("bias_value", self.bias_value())
            .fill("residual_at", self.residual_at())
    }

    /// Whole numbers are read a vector at a time.
    fn weight_element(self) -> &'static str {
        match self.arithmetic {
            Arithmetic::Packed => "vec4<u32>",
            Arithmetic::Single | Arithmetic::Half | Arithmetic::Matrix(_) => "u32",
        }
    }

    /// Weights and biases of the parts, and the residual, in the order of the buffers.
    fn bindings(self) -> String {
        let of_part = [
            ("weights", true, self.weight_element()),
            ("gate", self.gated, self.weight_element()),
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

    fn weight(self) -> String {
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
        match (self.format.has_scales(), self.arithmetic) {
            (false, _) => "return 1.0;",
            (true, Arithmetic::Packed) => {
                "let word = part.scales + i / 2u;
                 return unpack2x16float(weight(other, second, word / 4u)[word % 4u])[i % 2u];"
            }
            (true, _) => {
                "return unpack2x16float(weight(other, second, part.scales + i / 2u))[i % 2u];"
            }
        }
    }

    fn x_at(self) -> &'static str {
        match self.vectors {
            true => "return x[first / 4u];",
            false => {
                "let left = part.inner - k;
                 var four = vec4(x[first], 0.0, 0.0, 0.0);
                 if (left > 1u) { four.y = x[first + 1u]; }
                 if (left > 2u) { four.z = x[first + 2u]; }
                 if (left > 3u) { four.w = x[first + 3u]; }
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
    pub(super) fn cells(self) -> impl Iterator<Item = [usize; 2]> {
        let Tile { rows, columns } = self.tile;
        (0..rows).flat_map(move |i| (0..columns).map(move |j| [i, j]))
    }

    pub(super) fn sums(self) -> impl Iterator<Item = String> {
        self.cells().map(|[i, j]| format!("var sum_{i}_{j} = 0.0;"))
    }

    /// The factor of each of the invocation's rows. Whoever saw a part of a row tells its squares
    /// by `share`; `parts` are those of row `i`.
    pub(super) fn norms(self, share: &str, parts: impl Fn(usize) -> Vec<String>) -> String {
        let rows = 0..self.tile.rows;
        if !self.normed {
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
