//! The orders of matrices and kernels.

use std::sync::Arc;

use image2_package::Shape;
use image2_shaders::ops::Linear;
use image2_shaders::{Graph, LinearWeights, Resident};

use super::*;

/// Output channels, input channels, height, width.
const KERNEL: [usize; 4] = [2, 3, 2, 2];
const COLUMNS: usize = 12;

/// The number of a weight tells its place: row, channel, line, column.
fn kernel() -> Vec<f32> {
    let mut values = Vec::new();
    for o in 0..2 {
        for i in 0..3 {
            for y in 0..2 {
                values.extend((0..2).map(|x| (1000 * o + 100 * i + 10 * y + x) as f32));
            }
        }
    }
    values
}

fn weights(layout: Layout, dims: &[usize], numbers: &[f32]) -> Weights {
    let shape = Shape::new(dims).expect("small");
    let (rows, columns) = shape.matrix();
    let values = match layout {
        Layout::Plain => numbers.iter().flat_map(|x| x.to_le_bytes()).collect(),
        Layout::Blocks | Layout::Ohwi => {
            let blocks = blocks::encode(numbers, rows, columns, Format::F32);
            blocks.expect("finite").values
        }
    };
    let tensor = TensorBytes {
        shape,
        format: Format::F32,
        layout,
        values: &values,
        scales: None,
    };
    let mut weights = Weights::new(&Compute::cpu(), Component::Upscaler, &[]);
    weights.add("w", &tensor).expect("a small weight");
    weights
}

/// The rows of a matrix on the device: its products with the unit vectors.
fn rows(matrix: Weight) -> Vec<Vec<f32>> {
    let compute = Compute::cpu();
    let (outputs, inputs) = (matrix.rows(), matrix.columns());
    let mut unit = vec![0.0; inputs * inputs];
    (0..inputs).for_each(|i| unit[i * inputs + i] = 1.0);
    let x = Resident::new(&compute, [inputs, inputs], &unit);
    let y = Resident::zeros(&compute, [inputs, outputs]);
    let mut graph = Graph::new(&compute);
    let [to, from] = [&y, &x].map(|resident| graph.resident(resident));
    let (y_rows, x_rows) = (graph.rows(to), graph.rows(from));
    graph.push(Linear {
        weights: Arc::new(LinearWeights::new(matrix)),
        x: x_rows,
        rms_norm: None,
        residual: None,
        y: y_rows,
    });
    graph.compile().expect("no fault").run();
    let products = pollster::block_on(y.read()).expect("no fault");
    (0..outputs)
        .map(|o| (0..inputs).map(|i| products[i * outputs + o]).collect())
        .collect()
}

#[test]
fn a_kernel_is_read_tap_by_tap_however_it_is_stored() {
    let expected: Vec<f32> = (0..COLUMNS)
        .map(|place| {
            let (tap, channel) = (place / 3, place % 3);
            (100 * channel + 10 * (tap / 2) + tap % 2) as f32
        })
        .collect();
    let second: Vec<f32> = expected.iter().map(|x| x + 1000.0).collect();
    let ordered = [expected.clone(), second].concat();
    for (layout, numbers) in [(Layout::Plain, kernel()), (Layout::Ohwi, ordered.clone())] {
        let weights = weights(layout, &KERNEL, &numbers);
        let matrix = weights.loader().convolution("w", KERNEL).expect("a kernel");
        assert_eq!(rows(matrix).concat(), ordered, "{layout:?}");
    }
}

#[test]
fn a_matrix_keeps_the_order_of_its_dimensions() {
    for layout in [Layout::Plain, Layout::Blocks] {
        let weights = weights(layout, &KERNEL, &kernel());
        let matrix = weights
            .loader()
            .matrix("w", [2, COLUMNS])
            .expect("a matrix");
        assert_eq!(rows(matrix).concat(), kernel(), "{layout:?}");
    }
}

#[test]
fn an_order_is_never_mistaken_for_the_other() {
    let ohwi = weights(Layout::Ohwi, &KERNEL, &kernel());
    let patches = weights(Layout::Blocks, &KERNEL, &kernel());
    for refused in [
        ohwi.loader().matrix("w", [2, COLUMNS]).map(drop),
        patches.loader().convolution("w", KERNEL).map(drop),
    ] {
        let error = refused.expect_err("another order");
        assert_eq!(error.code(), "model.weight");
        assert_eq!(error.arguments()["fault"], "order");
        assert_eq!(error.arguments()["tensor"], "upscaler.w");
    }
    // One tap has only one order.
    let point = [2, 6, 1, 1];
    for layout in [Layout::Blocks, Layout::Ohwi] {
        let of = || weights(layout, &point, &kernel()[..12]);
        of().loader().convolution("w", point).expect("a kernel");
        of().loader().matrix("w", [2, 6]).expect("a matrix");
    }
}
