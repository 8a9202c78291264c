//! Launches the kernel.

use image2_package::blocks::Format;

use super::Conv2d;
use super::kernel::{self, Reach, Variant};
use crate::gpu::{Dispatch, Launch, Recorder, Source};
use crate::ir::Operation;
use crate::ops::product::{Product, Residual};
use crate::tuning::SubgroupMatrix;

impl Launch for Conv2d {
    fn launch(&self, _: Option<&Self>, recorder: &mut Recorder<'_>) -> Dispatch {
        let (tuning, traits, weights) = (recorder.tuning(), recorder.traits(), &self.weights);
        let [rows, outputs] = [self.pixels(), weights.outputs()];
        let arithmetic = tuning.arithmetic(traits, weights.format().has_scales());
        let product = Product {
            format: weights.format(),
            arithmetic,
            tile: tuning.tile(traits, arithmetic, rows, outputs),
            rms_norm: None,
            gated: false,
            paired: false,
        };
        let stride = |id| recorder.tensors().matrix(id)[1];
        let variant = Variant {
            product,
            reach: Reach::of(self.x.channels, stride(self.x.of)),
            biased: weights.bias.is_some(),
            sloped: weights.slopes.is_some(),
            residual: match self.residual {
                None => Residual::None,
                Some(image) if image.of == self.y.of => Residual::Within,
                Some(_) => Residual::Other,
            },
        };
        let residual = self
            .residual
            .filter(|_| variant.residual == Residual::Other);
        let residual = residual.map(|image| image.lines(&self.lines));
        let [x, y] = [self.x.lines(&self.input_lines()), self.y.lines(&self.lines)];
        let (x_binding, x_first) = recorder.window(x);
        // The kernel counts lines from the image's first one, which may not be bound.
        let before = (x.first - self.x.first) * stride(self.x.of);
        let x_first = (x_first as u32).wrapping_sub(before as u32);
        let (y_binding, y_first) = recorder.window(y);
        let (residual_binding, residual_first) = residual.map(|rows| recorder.window(rows)).unzip();
        let parameters = [
            weights.columns(),
            outputs,
            weights.matrix.storage.gpu().scales,
            rows,
            self.y.size[1],
            self.lines.start,
            self.x.size[0],
            self.x.size[1],
            self.x.channels,
            weights.kernel()[1],
            self.stride,
            self.padding[0],
            x_first as usize,
            stride(self.x.of),
            y_first,
            stride(self.y.of),
            residual_first.unwrap_or(0),
            residual.map_or(0, |rows| stride(rows.of)),
            0,
            0,
        ];
        let mut bindings = vec![x_binding, y_binding];
        bindings.push(recorder.constant(&weights.matrix.storage.gpu().buffer));
        let of_outputs = [&weights.bias, &weights.slopes].into_iter().flatten();
        bindings.extend(of_outputs.map(|values| recorder.constant(values.memory.gpu())));
        bindings.extend(residual_binding);
        Dispatch {
            kernel: variant.source(),
            parameters: parameters
                .map(|number| number.try_into().expect("a size fits in 32 bits"))
                .to_vec(),
            bindings,
            workgroups: [
                outputs.div_ceil(product.matrix_columns()),
                rows.div_ceil(product.rows()),
                1,
            ],
            flops: self.flops(),
        }
    }

    fn kernels(matrices: &[SubgroupMatrix]) -> Vec<Source> {
        [Format::F32, Format::F16, Format::Q8, Format::Q4]
            .into_iter()
            .flat_map(|format| kernel::permutations(format, matrices))
            .map(Variant::source)
            .collect()
    }
}
