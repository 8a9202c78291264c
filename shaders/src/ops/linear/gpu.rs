//! Launches the kernel.

use image2_package::blocks::Format;

use super::Linear;
use super::kernel::{self, Reach, Variant};
use crate::gpu::{Binding, Dispatch, Launch, Recorder, Source};
use crate::ir::Rows;
use crate::ops::product::{Product, Residual};
use crate::tuning::SubgroupMatrix;

impl Launch for Linear {
    /// Two products, one after the other, are one dispatch if the same kernel computes them from
    /// other rows of the same tensors. Neither reads rows that the other writes, because no product
    /// is made in place.
    fn fuses_with(&self, next: &Self) -> bool {
        let apart = |a: Rows, b: Rows| a.first + a.count <= b.first || b.first + b.count <= a.first;
        let like = |op: &Self| {
            let tensors = (op.x.of, op.y.of, op.residual.map(|rows| rows.of));
            let weights = &op.weights;
            (
                tensors,
                op.rms_norm,
                weights.format(),
                weights.is_gated(),
                weights.is_biased(),
            )
        };
        like(self) == like(next) && apart(self.y, next.y)
    }

    fn launch(&self, fused: Option<&Self>, recorder: &mut Recorder<'_>) -> Dispatch {
        let parts: Vec<&Self> = std::iter::once(self).chain(fused).collect();
        let (tuning, traits) = (recorder.tuning(), recorder.traits());
        let tensors = recorder.tensors();
        let stride = |rows: Rows| tensors.matrix(rows.of)[1];
        let strides =
            [Some(self.x), Some(self.y), self.residual].map(|rows| rows.map_or(0, stride));
        let rows = parts.iter().map(|part| part.y.count).sum();
        let arithmetic = tuning.arithmetic(traits, self.weights.format().has_scales());
        let product = Product {
            format: self.weights.format(),
            arithmetic,
            tile: tuning.tile(traits, arithmetic, rows, self.weights.rows()),
            rms_norm: self.rms_norm,
            gated: self.weights.is_gated(),
            paired: fused.is_some(),
        };
        let columns = parts.iter().map(|part| part.x.columns);
        let variant = Variant {
            product,
            reach: Reach::of(strides[0], columns, product.step()),
            repeats: parts.iter().any(|part| part.x.count < part.y.count),
            biased: self.weights.is_biased(),
            residual: match self.residual {
                None => Residual::None,
                Some(rows) if rows.of == self.y.of => Residual::Within,
                Some(_) => Residual::Other,
            },
        };
        let tiles: Vec<usize> = parts
            .iter()
            .map(|part| part.y.count.div_ceil(product.rows()))
            .collect();
        let columns = parts
            .iter()
            .map(|part| part.weights.outputs().div_ceil(product.matrix_columns()))
            .max();
        Dispatch {
            kernel: variant.source(),
            parameters: parameters(strides, tiles[0], &parts),
            bindings: bindings(&parts, variant.residual, recorder),
            workgroups: [columns.unwrap_or(0), tiles.iter().sum(), 1],
            flops: parts
                .iter()
                .map(|part| crate::ir::Operation::flops(*part))
                .sum(),
        }
    }

    fn kernels(matrices: &[SubgroupMatrix]) -> Vec<Source> {
        [Format::F32, Format::F16, Format::Q8, Format::Q4]
            .into_iter()
            .flat_map(|format| kernel::permutations(format, matrices))
            .map(Variant::source)
            .collect()
    }

    fn trials(matrix: SubgroupMatrix) -> Vec<Source> {
        vec![Variant::trial(matrix).source()]
    }
}

/// `Parameters` of `rows.wgsl`.
fn parameters(strides: [usize; 3], tiles: usize, parts: &[&Linear]) -> Vec<u32> {
    let mut parameters = [strides[0], strides[1], strides[2], tiles].to_vec();
    for part in [parts[0], parts[parts.len() - 1]] {
        let residual = part.residual.unwrap_or(part.y);
        parameters.extend([part.x.first, part.x.count, part.y.first, part.y.count]);
        parameters.extend([
            residual.first,
            residual.count,
            part.x.columns,
            part.weights.outputs(),
        ]);
        let scales = part.weights.matrices[0].storage.gpu().scales;
        parameters.extend([scales, 0, 0, 0]);
    }
    parameters
        .into_iter()
        .map(|number| number.try_into().expect("a size fits in 32 bits"))
        .collect()
}

/// In the order of [`Variant::bindings`].
fn bindings(parts: &[&Linear], residual: Residual, recorder: &mut Recorder<'_>) -> Vec<Binding> {
    let [x, y] = [parts[0].x, parts[0].y].map(|rows| Binding::Tensor(rows.of));
    let mut bindings = vec![x, y];
    for part in parts {
        let weights = part.weights.matrices.iter();
        bindings.extend(weights.map(|weight| recorder.constant(&weight.storage.gpu().buffer)));
        let bias = part.weights.bias.as_ref();
        bindings.extend(bias.map(|bias| recorder.constant(bias.memory.gpu())));
    }
    if residual == Residual::Other {
        bindings.extend(parts[0].residual.map(|rows| Binding::Tensor(rows.of)));
    }
    bindings
}
