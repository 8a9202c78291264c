//! Launches `linear.wgsl`.

mod matrix;
mod packed;
mod variant;
mod wide;

use image2_package::blocks::{BLOCK, Format};

use super::kernel::{Source, workgroups};
use super::recording::{Dispatch, Memory};
use super::{Buffer, Gpu};
use crate::graph::{Linear, Op, Rows};
use crate::layer::{Matrix, Packed, Storage};
use crate::resident;
use crate::tuning::{Arithmetic, TILES, Tuning, Unit};
use variant::{Reach, Residual, Variant};

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
        let words = scales + packed.scales.len().div_ceil(4);
        // Whole vectors: a kernel that reads four words at a time sees no others.
        let buffer = gpu.zeros(words.next_multiple_of(4));
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
    let repeats = parts.iter().any(|part| part.x.count < part.y.count);
    let outputs = op.layer.stored_rows();
    let rows = parts.iter().map(|part| part.y.count).sum();
    let arithmetic = tuning.arithmetic(memory.traits(), op.layer.format().has_scales());
    let tile = tuning.tile(memory.traits(), arithmetic, rows, outputs);
    let step = match arithmetic {
        Arithmetic::Packed => BLOCK * packed::blocks(tile),
        Arithmetic::Single | Arithmetic::Half | Arithmetic::Matrix(_) => BLOCK,
    };
    let reach = Reach::of(strides[0], parts.iter().map(|part| part.x.columns), step);
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
        arithmetic,
        tile,
        reach,
        repeats,
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

/// A kernel by subgroup matrices that needs all that the others do: a browser that compiles it
/// compiles them.
#[cfg(target_arch = "wasm32")]
pub(super) fn trial(unit: Unit) -> Source {
    let arithmetic = Arithmetic::Matrix(unit);
    let variant = Variant {
        format: Format::Q4,
        arithmetic,
        tile: TILES[0].for_arithmetic(arithmetic),
        reach: Reach::Blocks,
        repeats: false,
        normed: true,
        gated: true,
        biased: false,
        paired: true,
        residual: Residual::None,
    };
    variant.source()
}

/// The permutations of the kernel for weights of a format: all in the largest tile, in the others
/// the plainest and the fullest.
pub(super) fn sources(format: Format, units: &[Unit]) -> Vec<Source> {
    const SWITCHES: u32 = 5;
    let mut ways = vec![Arithmetic::Single, Arithmetic::Half];
    ways.extend(units.iter().copied().map(Arithmetic::Matrix));
    ways.extend(format.has_scales().then_some(Arithmetic::Packed));
    let mut sources = Vec::new();
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
            sources.extend(ends.map(|(reach, residual)| {
                let variant = Variant {
                    format,
                    arithmetic,
                    tile,
                    reach,
                    repeats,
                    normed,
                    gated,
                    biased,
                    paired,
                    residual,
                };
                variant.source()
            }));
        }
    }
    sources
}
