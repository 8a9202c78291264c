//! Launches `linear.wgsl`.

use image2_package::blocks::Format;

use super::kernel::{Source, lines, workgroups};
use super::recording::{Dispatch, Memory};
use super::{Buffer, Gpu};
use crate::graph::{EPSILON, Linear, Op, Rows};
use crate::layer::{Matrix, Packed, Storage};
use crate::resident;

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

/// Groups of four rows and of four columns that one invocation owns.
#[derive(Clone, Copy, Debug)]
struct Tile {
    rows: usize,
    columns: usize,
}

/// Half of what fits in workgroup memory: enough workgroups for the pictures' few rows.
const TILE: Tile = Tile {
    rows: 1,
    columns: 2,
};

pub(super) fn dispatch(op: &Linear, other: Option<&Linear>, memory: &Memory<'_>) -> Dispatch {
    let parts: Vec<&Linear> = std::iter::once(op).chain(other).collect();
    let stride = |rows: Rows| memory.shape(rows.of)[1];
    let strides = [Some(op.x), Some(op.y), op.residual].map(|rows| rows.map_or(0, stride));
    let aligned = strides.iter().all(|stride| stride.is_multiple_of(4))
        && parts
            .iter()
            .all(|part| part.x.columns.is_multiple_of(4) && part.layer.outputs().is_multiple_of(4));
    let tile_rows = 32 * TILE.rows;
    let matrix_columns = 32 * TILE.columns / if op.layer.is_gated() { 2 } else { 1 };
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
        tile: TILE,
        aligned,
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
    aligned: bool,
    normed: bool,
    gated: bool,
    biased: bool,
    paired: bool,
    residual: Residual,
}

const LETTERS: [&str; 4] = ["x", "y", "z", "w"];

impl Variant {
    fn source(self) -> Source {
        let Tile { rows, columns } = self.tile;
        let matrix_groups = 8 * columns / if self.gated { 2 } else { 1 };
        Source::new("linear", include_str!("linear.wgsl"))
            .fill("element", if self.aligned { "vec4<f32>" } else { "f32" })
            .fill("bindings", self.bindings())
            .fill("row_groups", 8 * rows)
            .fill("column_groups", 8 * columns)
            .fill("matrix_groups", matrix_groups)
            .fill("epsilon", format!("{EPSILON:e}"))
            .fill("words", self.format.words_per_block())
            .fill("weight", self.weight())
            .fill("decode", self.decode())
            .fill("scale", self.scale())
            .fill("x_at", self.x_at())
            .fill("bias_value", self.bias_value())
            .fill("residual_at", self.residual_at())
            .fill("store", self.store())
            .fill("declare", self.declare())
            .fill("load_x", self.load_x())
            .fill("multiply", self.multiply())
            .fill("norms", self.norms())
            .fill("finish", self.finish())
    }

    /// Weights and biases of the parts, and the residual, in the order of the buffers.
    fn bindings(self) -> String {
        let float = if self.aligned { "vec4<f32>" } else { "f32" };
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
            names.push(("residual".into(), float));
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
            Format::F32 => "return bitcast<vec4<f32>>(packed);",
            Format::F16 => {
                "return vec4(unpack2x16float(packed.x)[j], unpack2x16float(packed.y)[j], \
                 unpack2x16float(packed.z)[j], unpack2x16float(packed.w)[j]);"
            }
            Format::Q8 => {
                "return vec4<f32>(bitcast<vec4<i32>>(packed << vec4(24u - 8u * j)) >> vec4(24u));"
            }
            Format::Q4 => "return vec4<f32>((packed >> vec4(4u * j)) & vec4(15u)) - 8.0;",
        }
    }

    fn scale(self) -> &'static str {
        match self.format.has_scales() {
            true => {
                "scale[i] = unpack2x16float(weight(other, second, part.scales + at / 2u))[at % 2u];"
            }
            false => "",
        }
    }

    fn x_at(self) -> &'static str {
        match self.aligned {
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

    fn residual_at(self) -> String {
        let (name, first, stride) = match self.residual {
            Residual::None => return "return vec4<f32>();".into(),
            Residual::Within => ("y", "part.y_first + row", "y_stride"),
            Residual::Other => (
                "residual",
                "part.residual_first + row % part.residual_count",
                "residual_stride",
            ),
        };
        let four = match self.aligned {
            true => format!("return {name}[first / 4u];"),
            false => format!(
                "let last = first + part.outputs - 1u - column;
                 return vec4({name}[first], {name}[min(first + 1u, last)],
                             {name}[min(first + 2u, last)], {name}[min(first + 3u, last)]);"
            ),
        };
        format!("let first = ({first}) * parameters.{stride} + column;\n{four}")
    }

    fn store(self) -> &'static str {
        match self.aligned {
            true => "y[first / 4u] = value;",
            false => {
                "let left = part.outputs - column;
                 y[first] = value.x;
                 if (left > 1u) { y[first + 1u] = value.y; }
                 if (left > 2u) { y[first + 2u] = value.z; }
                 if (left > 3u) { y[first + 3u] = value.w; }"
            }
        }
    }

    /// Numbers of the invocation's groups of rows, rows within a group, and groups of columns.
    fn cells(self) -> impl Iterator<Item = [usize; 3]> {
        let Tile { rows, columns } = self.tile;
        (0..rows).flat_map(move |g| (0..4).flat_map(move |i| (0..columns).map(move |h| [g, i, h])))
    }

    fn declare(self) -> String {
        let sums = self
            .cells()
            .map(|[g, i, h]| format!("var sum_{g}{i}{h} = vec4<f32>();"));
        let squares = (0..self.tile.rows).map(|g| format!("var square_{g} = vec4<f32>();"));
        lines(sums.chain(squares))
    }

    fn load_x(self) -> String {
        lines((0..self.tile.rows).map(|g| {
            let task = format!("invocation + {g}u * INVOCATIONS");
            format!("square_{g} += load_x(part, first_row, block, {task});")
        }))
    }

    fn multiply(self) -> String {
        let rows = (0..self.tile.rows)
            .map(|g| format!("let x_{g} = x_tile[k * ROW_GROUPS + {g}u * 8u + local.y];"));
        let columns = (0..self.tile.columns)
            .map(|h| format!("let w_{h} = w_tile[k * COLUMN_GROUPS + {h}u * 8u + local.x];"));
        let sums = self
            .cells()
            .map(|[g, i, h]| format!("sum_{g}{i}{h} += x_{g}.{} * w_{h};", LETTERS[i]));
        lines(rows.chain(columns).chain(sums))
    }

    /// The factor of each of the invocation's rows: the eight invocations that loaded a row put
    /// their sums together.
    fn norms(self) -> String {
        if !self.normed {
            return lines((0..self.tile.rows).map(|g| format!("let norm_{g} = vec4(1.0);")));
        }
        let share = (0..self.tile.rows)
            .map(|g| format!("x_tile[invocation + {g}u * INVOCATIONS] = square_{g};"));
        let sum = (0..self.tile.rows).map(|g| {
            let of = |i: usize| format!("x_tile[({g}u * 8u + local.y) * 8u + {i}u]");
            let sum: Vec<String> = (0..8).map(of).collect();
            format!(
                "let norm_{g} = inverseSqrt(({}) / f32(part.inner) + EPSILON);",
                sum.join(" + ")
            )
        });
        lines(share.chain(["workgroupBarrier();".to_owned()]).chain(sum))
    }

    fn finish(self) -> String {
        let halves = self.tile.columns / if self.gated { 2 } else { 1 };
        let cells = self.cells().filter(|&[_, _, h]| h < halves);
        lines(cells.map(|[g, i, h]| {
            let row = format!("first_row + ({g}u * 8u + local.y) * 4u + {i}u");
            let column = format!("first_column + ({h}u * 8u + local.x) * 4u");
            let scaled = |h: usize| format!("norm_{g}.{} * sum_{g}{i}{h}", LETTERS[i]);
            let value = match self.gated {
                true => format!("silu({}) * ({})", scaled(h), scaled(h + halves)),
                false => scaled(h),
            };
            format!("store(part, other, {row}, {column}, {value});")
        }))
    }
}
