//! The linear layer on every device against scalar arithmetic in 64 bits, for every storage
//! format and at shapes that no tile divides.

use burn::tensor::{Tensor, TensorData};
use image2_package::blocks::{self, Format};
use image2_shaders::{Compute, Matrix, Packed};

const FORMATS: [Format; 4] = [Format::F32, Format::F16, Format::Q8, Format::Q4];

/// Rows of x, inner size, rows of the weights.
const SHAPES: [[usize; 3]; 7] = [
    [1, 1, 1],      // smaller than everything
    [3, 31, 5],     // one block, cut short
    [32, 64, 64],   // exactly one tile, two blocks
    [33, 65, 65],   // one more in every direction
    [88, 256, 768], // image2-mini's qkv
    [7, 688, 104],  // a gated MLP's hidden size, two heads of 52
    [130, 52, 7],   // an odd number of scales
];

/// Rounding of a sum of k products in f32, each of magnitude about one, taken in any order.
fn tolerance(k: usize) -> f64 {
    f64::from(f32::EPSILON) * (k as f64) * 2.0
}

/// Values that look random, in −1 to 1, the same on every machine.
fn values(count: usize, salt: u32) -> Vec<f32> {
    let hash = |i: u32| (i.wrapping_add(salt)).wrapping_mul(2_654_435_761) >> 8;
    (0..count as u32)
        .map(|i| hash(hash(i)) as f32 / (1 << 23) as f32 - 1.0)
        .collect()
}

fn check(compute: &Compute) {
    let device = compute.device();
    for ([m, k, n], format) in SHAPES
        .into_iter()
        .flat_map(|shape| FORMATS.map(|format| (shape, format)))
    {
        let (x, bias) = (values(m * k, 1), values(n, 2));
        let packed = blocks::encode(&values(n * k, 3), n, k, format).expect("finite values");
        let weights = packed.decode();
        let scales = packed.scale_bytes();
        let packed = Packed {
            format,
            rows: n,
            columns: k,
            values: &packed.values,
            scales: &scales,
        };
        let matrix = Matrix::new(&packed, &device);
        for with_bias in [false, true] {
            let bias_tensor = Tensor::<1>::from_data(TensorData::new(bias.clone(), [n]), &device);
            let input = Tensor::<3>::from_data(TensorData::new(x.clone(), [1, m, k]), &device);
            let output = matrix.linear(input, with_bias.then_some(&bias_tensor));
            assert_eq!(output.dims(), [1, m, n]);
            let output: Vec<f32> = output.into_data().try_to_vec().expect("f32");
            for (i, &found) in output.iter().enumerate() {
                let (row, column) = (i / n, i % n);
                let product =
                    |j: usize| f64::from(x[row * k + j]) * f64::from(weights[column * k + j]);
                let expected = (0..k).map(product).sum::<f64>()
                    + if with_bias {
                        f64::from(bias[column])
                    } else {
                        0.0
                    };
                let error = (f64::from(found) - expected).abs();
                assert!(
                    error <= tolerance(k + 1),
                    "{format:?} {m}×{k}×{n} bias {with_bias}: [{row}, {column}] is {found}, not {expected}"
                );
            }
        }
    }
    assert_eq!(compute.check(), Ok(()));
}

#[test]
fn on_the_processor() {
    check(&Compute::Cpu);
}

#[test]
fn on_the_gpu() {
    check(&pollster::block_on(Compute::gpu()).expect("a GPU or a software driver"));
}

#[test]
#[should_panic(expected = "values of a 4 by 64 matrix")]
fn wrong_lengths_are_refused() {
    let packed = Packed {
        format: Format::Q4,
        rows: 4,
        columns: 64,
        values: &[0; 5],
        scales: &[0; 16],
    };
    let _ = Matrix::new(&packed, &Compute::Cpu.device());
}
