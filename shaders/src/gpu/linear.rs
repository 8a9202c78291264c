//! Launches `linear.wgsl`.

use image2_package::blocks::Format;

use super::kernel::{Source, lines, workgroups};
use super::recording::{Dispatch, Memory};
use super::{Buffer, Gpu};
use crate::graph::{EPSILON, Linear, Op, Rows};
use crate::layer::{Matrix, Packed, Storage};
use crate::resident;
use crate::tuning::{Tile, Tuning};

/// A matrix's values, then its scales. One buffer, because a kernel may bind eight only.
#[derive(Debug)]
pub(crate) struct MatrixBuffer {
    buffer: Buffer,
    /// Word where the scales begin.
    scales: usize,
}

impl MatrixBuffer {
    pub(crate) fn new(gpu: &Gpu, packed: &Packed<'_>) -> Self {
        let scales = packed.values.len() / 4;
        let buffer = gpu.zeros(scales + packed.scales.len().div_ceil(4));
        buffer.write(0, packed.values);
        buffer.write(scales, &padded_to_words(packed.scales));
        Self { buffer, scales }
    }

    fn of(matrix: &Matrix) -> &Self {
        match &matrix.storage {
            Storage::Gpu(buffer) => buffer,
            #[cfg(feature = "cpu")]
            Storage::Cpu(_) => panic!("a graph on the GPU has weights on the processor"),
        }
    }
}

/// Writes to a buffer are of whole words.
fn padded_to_words(bytes: &[u8]) -> Vec<u8> {
    let mut padded = bytes.to_vec();
    padded.resize(bytes.len().next_multiple_of(4), 0);
    padded
}

pub(super) fn of(op: &Op) -> Option<&Linear> {
    match op {
        Op::Linear(op) => Some(op),
        _ => None,
    }
}

/// Whether two products, one after the other, can be one dispatch: the same kernel on other rows
/// of the same matrices. Neither reads what the other writes, because no product is made in place.
pub(super) fn go_together(one: &Linear, next: &Op) -> bool {
    let Op::Linear(other) = next else {
        return false;
    };
    let apart = |a: Rows, b: Rows| a.first + a.count <= b.first || b.first + b.count <= a.first;
    let like = |op: &Linear| {
        let matrices = (op.x.of, op.y.of, op.residual.map(|rows| rows.of));
        let layer = &op.layer;
        (
            matrices,
            op.normed,
            layer.format(),
            layer.is_gated(),
            layer.is_biased(),
        )
    };
    like(one) == like(other) && apart(one.y, other.y)
}

pub(super) fn dispatch(
    op: &Linear,
    other: Option<&Linear>,
    memory: &Memory<'_>,
    tuning: Tuning,
) -> Dispatch {
    let parts: Vec<&Linear> = std::iter::once(op).chain(other).collect();
    let stride = |rows: Rows| memory.shape(rows.of)[1];
    let strides = [Some(op.x), Some(op.y), op.residual].map(|rows| rows.map_or(0, stride));
    let vectors =
        strides[0].is_multiple_of(4) && parts.iter().all(|part| part.x.columns.is_multiple_of(4));
    let outputs = op.layer.stored_rows();
    let rows = parts.iter().map(|part| part.y.count).sum();
    let tile = tuning.tile(memory.software(), rows, outputs);
    let tile_rows = 8 * tile.rows;
    let matrix_columns = 8 * tile.columns / if op.layer.is_gated() { 2 } else { 1 };
    let tiles: Vec<usize> = parts
        .iter()
        .map(|part| part.y.count.div_ceil(tile_rows))
        .collect();
    let columns = parts
        .iter()
        .map(|part| part.layer.outputs().div_ceil(matrix_columns))
        .max();

    let mut parameters = [strides[0], strides[1], strides[2], tiles[0]].to_vec();
    for part in [parts[0], parts[parts.len() - 1]] {
        let residual = part.residual.unwrap_or(part.y);
        parameters.extend([part.x.first, part.x.count, part.y.first, part.y.count]);
        parameters.extend([
            residual.first,
            residual.count,
            part.x.columns,
            part.layer.outputs(),
        ]);
        parameters.extend([MatrixBuffer::of(&part.layer.matrices[0]).scales, 0, 0, 0]);
    }

    let mut buffers = vec![memory.buffer(op.x.of), memory.buffer(op.y.of)];
    for part in &parts {
        let matrices = part.layer.matrices.iter();
        buffers.extend(matrices.map(|matrix| MatrixBuffer::of(matrix).buffer.clone()));
        buffers.extend(part.layer.bias.as_ref().map(|bias| match &bias.storage {
            resident::Storage::Gpu(buffer) => buffer.clone(),
            #[cfg(feature = "cpu")]
            resident::Storage::Cpu(_) => panic!("a graph on the GPU has a bias on the processor"),
        }));
    }
    let residual = match op.residual {
        None => Residual::None,
        Some(rows) if rows.of == op.y.of => Residual::Within,
        Some(rows) => {
            buffers.push(memory.buffer(rows.of));
            Residual::Other
        }
    };
    let variant = Variant {
        format: op.layer.format(),
        tile,
        vectors,
        normed: op.normed,
        gated: op.layer.is_gated(),
        biased: op.layer.is_biased(),
        paired: other.is_some(),
        residual,
    };
    Dispatch {
        source: variant.source(),
        parameters: parameters
            .into_iter()
            .map(|number| number.try_into().expect("a size fits in 32 bits"))
            .collect(),
        buffers,
        workgroups: workgroups([columns.unwrap_or(0), tiles.iter().sum(), 1]),
        flops: parts.iter().map(|part| part.flops()).sum(),
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Residual {
    None,
    Within,
    Other,
}

/// One permutation of the kernel.
#[derive(Clone, Copy, Debug)]
struct Variant {
    format: Format,
    tile: Tile,
    vectors: bool,
    normed: bool,
    gated: bool,
    biased: bool,
    paired: bool,
    residual: Residual,
}

impl Variant {
    fn source(self) -> Source {
        let Tile { rows, columns } = self.tile;
        Source::new("linear", include_str!("linear.wgsl"))
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
            .fill("weight", self.weight())
            .fill("decode", self.decode())
            .fill("scale", self.scale())
            .fill("x_at", self.x_at())
            .fill("bias_value", self.bias_value())
            .fill("residual_at", self.residual_at())
            .fill("declare", self.declare())
            .fill("load", self.load())
            .fill("multiply", self.multiply())
            .fill("norms", self.norms())
            .fill("finish", self.finish())
    }

    /// Weights and biases of the parts, and the residual, in the order of the buffers.
    fn bindings(self) -> String {
        let of_part = [
            ("weights", true, "u32"),
            ("gate", self.gated, "u32"),
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

    fn decode(self) -> &'static str {
        match self.format {
            Format::F32 => {
                "let i = first + 4u * quad;
                 return bitcast<vec4<f32>>(vec4(
                     weight(other, second, i), weight(other, second, i + 1u),
                     weight(other, second, i + 2u), weight(other, second, i + 3u)));"
            }
            Format::F16 => {
                "let i = first + 2u * quad;
                 return vec4(unpack2x16float(weight(other, second, i)),
                             unpack2x16float(weight(other, second, i + 1u)));"
            }
            Format::Q8 => {
                "let word = vec4(bitcast<i32>(weight(other, second, first + quad)));
                 return vec4<f32>((word << vec4(24u, 16u, 8u, 0u)) >> vec4(24u));"
            }
            Format::Q4 => {
                "let word = weight(other, second, first + quad / 2u) >> (quad % 2u * 16u);
                 return vec4<f32>((vec4(word) >> vec4(0u, 4u, 8u, 12u)) & vec4(15u)) - 8.0;"
            }
        }
    }

    fn scale(self) -> &'static str {
        match self.format.has_scales() {
            true => "return unpack2x16float(weight(other, second, part.scales + i / 2u))[i % 2u];",
            false => "return 1.0;",
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
    fn cells(self) -> impl Iterator<Item = [usize; 2]> {
        let Tile { rows, columns } = self.tile;
        (0..rows).flat_map(move |i| (0..columns).map(move |j| [i, j]))
    }

    fn declare(self) -> String {
        let sums = self.cells().map(|[i, j]| format!("var sum_{i}_{j} = 0.0;"));
        let squares = (0..self.tile.rows).map(|i| format!("var square_{i} = 0.0;"));
        lines(sums.chain(squares))
    }

    /// Both tiles: an invocation takes the same four columns of x in every eighth row.
    fn load(self) -> String {
        let x = (0..self.tile.rows).map(|i| {
            let square = if self.normed { format!("square_{i} += dot(four_{i}, four_{i});") } else { String::new() };
            format!(
                "let row_{i} = {i}u * 8u + invocation / 8u;
                 let four_{i} = x_at(part, first_row + row_{i}, block * BLOCK + invocation % 8u * 4u);
                 x_tile[invocation % 8u * ROWS + row_{i}] = four_{i};
                 {square}"
            )
        });
        let w = (0..self.tile.columns).map(|j| {
            format!("load_w(part, other, first_column, block, {j}u * INVOCATIONS + invocation);")
        });
        lines(x.chain(w))
    }

    fn multiply(self) -> String {
        let Tile { rows, columns } = self.tile;
        let rows =
            (0..rows).map(|i| format!("let x_{i} = x_tile[quad * ROWS + {i}u * 8u + local.y];"));
        let columns = (0..columns)
            .map(|j| format!("let w_{j} = w_tile[quad * COLUMNS + {j}u * 8u + local.x];"));
        let sums = self
            .cells()
            .map(|[i, j]| format!("sum_{i}_{j} += dot(x_{i}, w_{j});"));
        lines(rows.chain(columns).chain(sums))
    }

    /// The factor of each of the invocation's rows: the eight invocations that loaded a row put
    /// their sums together.
    fn norms(self) -> String {
        let rows = 0..self.tile.rows;
        if !self.normed {
            return lines(rows.map(|i| format!("let norm_{i} = 1.0;")));
        }
        let share = rows.clone().map(|i| {
            format!("x_tile[{i}u * INVOCATIONS + invocation] = vec4(square_{i}, 0.0, 0.0, 0.0);")
        });
        let sum = rows.map(|i| {
            let of = |k: usize| format!("x_tile[{i}u * INVOCATIONS + local.y * 8u + {k}u].x");
            let sum: Vec<String> = (0..8).map(of).collect();
            format!(
                "let norm_{i} = inverseSqrt(({}) / f32(part.inner) + EPSILON);",
                sum.join(" + ")
            )
        });
        lines(share.chain(["workgroupBarrier();".to_owned()]).chain(sum))
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
