//! The processor's twin of `linear.wgsl`: the weights are decoded once, the product is flex's.

use burn::tensor::{Device, Tensor, TensorData};
use image2_package::blocks;

use super::Packed;

#[derive(Debug)]
pub(super) struct Weights {
    /// `[columns, rows]`: transposed, as the product reads it.
    transposed: Tensor<2>,
}

impl Weights {
    pub(super) fn new(packed: &Packed<'_>, device: &Device) -> Self {
        let &Packed {
            format,
            rows,
            columns,
            values,
            scales,
        } = packed;
        let values = TensorData::new(
            blocks::decode(format, rows, columns, values, scales),
            [rows, columns],
        );
        Self {
            transposed: Tensor::<2>::from_data(values, device).transpose(),
        }
    }

    /// # Shapes
    /// - x: `[m, columns]`, output: `[m, rows]`
    pub(super) fn linear(&self, x: Tensor<2>, bias: Option<&Tensor<1>>) -> Tensor<2> {
        let y = x.matmul(self.transposed.clone());
        match bias {
            Some(bias) => y + bias.clone().unsqueeze(),
            None => y,
        }
    }
}
