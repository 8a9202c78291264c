//! What the tests of kernels share: values, devices, and the comparison.

use image2_package::blocks::{self, Format};

use crate::tuning::Tuning;
use crate::{Compute, Graph, LinearWeights, Resident, Weight, WeightBytes};

/// Pseudo-random values from −1 to 1, the same on every machine.
pub(crate) fn values(count: usize, salt: u32) -> Vec<f32> {
    let hash = |i: u32| (i.wrapping_add(salt)).wrapping_mul(2_654_435_761) >> 8;
    (0..count as u32)
        .map(|i| hash(hash(i)) as f32 / (1 << 23) as f32 - 1.0)
        .collect()
}

pub(crate) fn gpu() -> Compute {
    pollster::block_on(Compute::gpu()).expect("a GPU or a software driver")
}

/// Compiles a graph, runs it once, and reads its output.
#[track_caller]
pub(crate) fn run(graph: &Graph, output: &Resident) -> Vec<f32> {
    run_with(graph, output, Tuning::default())
}

/// As [`run`], with other kernels.
#[track_caller]
pub(crate) fn run_with(graph: &Graph, output: &Resident, tuning: Tuning) -> Vec<f32> {
    graph.compile_with(tuning).expect("no fault").run();
    pollster::block_on(output.read()).expect("no fault")
}

/// Weights in a format, and their decoded values.
pub(crate) struct Weights {
    encoded: blocks::Blocks,
    scales: Vec<u8>,
    decoded: Vec<f32>,
}

impl Weights {
    pub(crate) fn new(rows: usize, columns: usize, format: Format, salt: u32) -> Self {
        let values = values(rows * columns, salt);
        let encoded = blocks::encode(&values, rows, columns, format).expect("finite values");
        Self {
            scales: encoded.scale_bytes(),
            decoded: encoded.decode(),
            encoded,
        }
    }

    fn bytes(&self) -> WeightBytes<'_> {
        WeightBytes {
            format: self.encoded.format,
            rows: self.encoded.rows,
            columns: self.encoded.cols,
            values: &self.encoded.values,
            scales: &self.scales,
        }
    }

    pub(crate) fn on(&self, compute: &Compute) -> Weight {
        Weight::new(compute, &self.bytes())
    }

    pub(crate) fn linear(&self, compute: &Compute, bias: Option<&[f32]>) -> LinearWeights {
        let weight = self.on(compute);
        match bias {
            Some(bias) => LinearWeights::with_bias(compute, weight, bias),
            None => LinearWeights::new(weight),
        }
    }

    /// Row `n` of the weights times `x`, in 64 bits.
    pub(crate) fn dot(&self, n: usize, x: &[f32]) -> f64 {
        let row = &self.decoded[n * self.encoded.cols..];
        x.iter()
            .zip(row)
            .map(|(&x, &w)| f64::from(x) * f64::from(w))
            .sum()
    }
}

/// Checks that each value is within `tolerance` of the expected one.
#[track_caller]
pub(crate) fn compare(what: &str, found: &[f32], expected: &[f64], tolerance: f64) {
    assert_eq!(found.len(), expected.len(), "{what}: length");
    for (i, (&found, &expected)) in found.iter().zip(expected).enumerate() {
        let error = (f64::from(found) - expected).abs();
        assert!(
            error <= tolerance,
            "{what}: value {i} is {found}, not {expected}"
        );
    }
}
