//! Copies tensors from a source to a writer in the formats of a plan.
//!
//! Memory: the tensor as its source stores it, its scales and one small piece of output; together
//! under twice the largest tensor. A tensor that a package already stores in the plan's format is
//! copied bit by bit; any other is widened first.

use crate::blocks::{self, BLOCK, NotFinite};
use crate::manifest::entry_name;
use crate::writer::plain_bytes;
use crate::{
    Component, Format, Layout, PackageError, PackageWriter, Plan, Tensor, TensorSink, TensorSource,
};
use half::f16;

/// The result of [`quantize`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Quantized {
    /// Tensors written.
    pub tensors: usize,
    /// Bytes of their values and scales.
    pub stored_bytes: u64,
    /// Tensors that hold no weights (integers, flags), or that the plan leaves out.
    pub skipped: Vec<String>,
}

/// Bytes collected before they are written.
const PIECE_BYTES: usize = 64 << 10;

/// Writes every tensor of `source` as one of `component`, in the format that `plan` chooses.
pub fn quantize(
    source: &mut dyn TensorSource,
    component: Component,
    plan: &Plan,
    writer: &mut PackageWriter,
) -> Result<Quantized, PackageError> {
    let mut done = Quantized::default();
    let mut left_out = Vec::new();
    source.for_each(
        &mut |name, shape| {
            let wanted = plan.choose(name, &shape).is_some();
            if !wanted {
                left_out.push(name.to_owned());
            }
            wanted
        },
        &mut |name, tensor| {
            let shape = tensor.shape();
            let Some((format, layout)) = plan.choose(name, &shape) else {
                return Ok(());
            };
            if !tensor.is_float() {
                done.skipped.push(name.to_owned());
                return Ok(());
            }
            writer.add_tensor(component, name, shape, format, layout, |sink| {
                write(&entry_name(component, name), &tensor, format, layout, sink)
            })?;
            done.tensors += 1;
            done.stored_bytes += crate::TensorEntry {
                shape,
                format,
                layout,
                file: 0,
            }
            .stored_bytes();
            Ok(())
        },
    )?;
    done.skipped.append(&mut left_out);
    Ok(done)
}

/// Writes the tensor's values to `sink` and returns its scales.
fn write(
    name: &str,
    tensor: &Tensor<'_>,
    format: Format,
    layout: Layout,
    sink: &mut TensorSink<'_>,
) -> Result<Vec<f16>, PackageError> {
    if let Tensor::Stored(stored) = tensor
        && (stored.format, stored.layout) == (format, layout)
    {
        let at = |at| PackageError::not_finite(name, at);
        stored.check_finite().map_err(at)?;
        sink.write(stored.values)?;
        let scales = stored.scales.unwrap_or_default().as_chunks().0;
        return Ok(scales
            .iter()
            .map(|bytes| f16::from_le_bytes(*bytes))
            .collect());
    }

    let (rows, cols) = tensor.shape().matrix();
    let blocks_per_row = blocks::blocks_per_row(cols);
    let mut piece = Vec::with_capacity(PIECE_BYTES + 128);
    let mut scales = Vec::new();
    if format.has_scales() {
        scales.reserve_exact(rows * blocks_per_row);
    }
    let mut block = [0.0; BLOCK];
    let mut one = |row: usize, b: usize| -> Result<(), PackageError> {
        let width = BLOCK.min(cols - b * BLOCK);
        block[width..].fill(0.0);
        tensor.read_block(row, b, layout, &mut block[..width]);
        let encoded = match layout {
            Layout::Blocks | Layout::Ohwi => {
                blocks::encode_block(&block, format, &mut piece, &mut scales)
            }
            Layout::Plain => plain_bytes(&block[..width], format, &mut piece),
        };
        encoded.map_err(|i| {
            let col = layout.column_at(&tensor.shape(), b * BLOCK + i);
            PackageError::not_finite(name, NotFinite { row, col })
        })?;
        if piece.len() >= PIECE_BYTES {
            sink.write(&piece)?;
            piece.clear();
        }
        Ok(())
    };
    match layout {
        Layout::Blocks | Layout::Ohwi => {
            (0..blocks_per_row).try_for_each(|b| (0..rows).try_for_each(|row| one(row, b)))?;
        }
        Layout::Plain => {
            (0..rows).try_for_each(|row| (0..blocks_per_row).try_for_each(|b| one(row, b)))?;
        }
    }
    sink.write(&piece)?;
    Ok(scales)
}
