//! What the kernels' tests share: values, devices, and the comparison.

#![allow(dead_code, reason = "each test uses a part of it")]

use image2_package::blocks::{self, Format};
use image2_shaders::tuning::Tuning;
use image2_shaders::{Compute, Graph, Layer, Matrix, Packed, Resident};

/// Values that look random, in −1 to 1, the same on every machine.
pub fn values(count: usize, salt: u32) -> Vec<f32> {
    let hash = |i: u32| (i.wrapping_add(salt)).wrapping_mul(2_654_435_761) >> 8;
    (0..count as u32)
        .map(|i| hash(hash(i)) as f32 / (1 << 23) as f32 - 1.0)
        .collect()
}

pub fn gpu() -> Compute {
    pollster::block_on(Compute::gpu()).expect("a GPU or a software driver")
}

/// Compiles, runs once, and reads what came out.
#[track_caller]
pub fn run(graph: &Graph, output: &Resident) -> Vec<f32> {
    run_with(graph, output, Tuning::default())
}

/// As [`run`], with kernels chosen otherwise.
#[track_caller]
pub fn run_with(graph: &Graph, output: &Resident, tuning: Tuning) -> Vec<f32> {
    graph.compile_with(tuning).expect("no fault").run();
    pollster::block_on(output.read()).expect("no fault")
}

/// Weights in a format, and what they stand for.
pub struct Weights {
    pub encoded: blocks::Blocks,
    scales: Vec<u8>,
    pub decoded: Vec<f32>,
}

impl Weights {
    pub fn new(rows: usize, columns: usize, format: Format, salt: u32) -> Self {
        let values = values(rows * columns, salt);
        let encoded = blocks::encode(&values, rows, columns, format).expect("finite values");
        Self {
            scales: encoded.scale_bytes(),
            decoded: encoded.decode(),
            encoded,
        }
    }

    pub fn packed(&self) -> Packed<'_> {
        Packed {
            format: self.encoded.format,
            rows: self.encoded.rows,
            columns: self.encoded.cols,
            values: &self.encoded.values,
            scales: &self.scales,
        }
    }

    pub fn matrix(&self, compute: &Compute) -> Matrix {
        Matrix::new(compute, &self.packed())
    }

    pub fn layer(&self, compute: &Compute, bias: Option<&[f32]>) -> Layer {
        let matrix = self.matrix(compute);
        match bias {
            Some(bias) => Layer::with_bias(compute, matrix, bias),
            None => Layer::new(matrix),
        }
    }

    /// Row `n` of the weights times `x`, in 64 bits.
    pub fn dot(&self, n: usize, x: &[f32]) -> f64 {
        let row = &self.decoded[n * self.encoded.cols..];
        x.iter()
            .zip(row)
            .map(|(&x, &w)| f64::from(x) * f64::from(w))
            .sum()
    }
}

/// Each value within `tolerance` of what it should be.
#[track_caller]
pub fn compare(what: &str, found: &[f32], expected: &[f64], tolerance: f64) {
    assert_eq!(found.len(), expected.len(), "{what}: length");
    for (i, (&found, &expected)) in found.iter().zip(expected).enumerate() {
        let error = (f64::from(found) - expected).abs();
        assert!(
            error <= tolerance,
            "{what}: value {i} is {found}, not {expected}"
        );
    }
}
