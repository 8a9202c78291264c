//! The linear layer on every device against scalar arithmetic in 64 bits: every storage format, every
//! use in the networks, and shapes that no tile divides.

use std::sync::Arc;

use crate::ops::Linear;
use crate::testing::{Weights, compare, gpu, run_with, values};
use crate::tuning::{Arithmetic, SubgroupMatrix, Tile, Tuning};
use crate::{Compute, Graph, LinearWeights, Resident, Rows, Weight, WeightBytes};
use image2_package::blocks::Format;

const EPSILON: f32 = 1e-6;

/// Rows of x, inner size, rows of the weights.
const SHAPES: [[usize; 3]; 8] = [
    [1, 1, 1],      // the smallest
    [3, 31, 5],     // a partial block
    [32, 64, 64],   // exactly one tile, two blocks
    [33, 65, 65],   // one more in every dimension
    [9, 96, 20],    // an odd number of whole blocks
    [88, 256, 768], // image2-mini's qkv
    [7, 688, 104],  // a gated MLP's hidden size, two heads of 52
    [130, 52, 7],   // an odd number of scales
];

/// Subgroup matrices as most devices have them, emulated.
const OF_F16: SubgroupMatrix = SubgroupMatrix {
    m: 16,
    n: 16,
    k: 16,
    half: true,
    lanes: None,
};

/// A device and the choice of its kernels.
struct Way {
    compute: Compute,
    tuning: Tuning,
}

impl Way {
    /// The largest rounding error of a value of x before it is multiplied, if the largest of its block
    /// is one.
    fn rounding(&self, format: Format) -> f64 {
        let arithmetic = self.tuning.arithmetic.unwrap_or(Arithmetic::Single);
        let quantized = format.has_scales();
        match arithmetic {
            _ if self.compute.is_cpu() && quantized => 1.0 / 65_534.0,
            _ if self.compute.is_cpu() => 0.0,
            Arithmetic::Packed if quantized => 1.0 / 254.0,
            // Of x and of the weights, 2^-12 each at one.
            Arithmetic::Half | Arithmetic::SubgroupMatrix(SubgroupMatrix { half: true, .. }) => {
                1.0 / 2048.0
            }
            Arithmetic::Single | Arithmetic::Packed | Arithmetic::SubgroupMatrix(_) => 0.0,
        }
    }

    /// The formats that this arithmetic reads in different ways.
    fn formats(&self) -> &'static [Format] {
        match self.tuning.arithmetic {
            Some(Arithmetic::Packed) => &[Format::Q8, Format::Q4],
            Some(Arithmetic::Half | Arithmetic::SubgroupMatrix(_)) => &[Format::F16, Format::Q8],
            _ => &[Format::F32, Format::F16, Format::Q8, Format::Q4],
        }
    }

    /// Rounding of a sum in f32 of k products of magnitude about one, in any order; and six standard
    /// deviations of the sum of the inputs' independent rounding errors.
    fn tolerance(&self, format: Format, k: usize) -> f64 {
        let k = k as f64;
        f64::from(f32::EPSILON) * k * 2.0 + 6.0 * self.rounding(format) * (k / 3.0).sqrt()
    }
}

fn norm(x: &[f32]) -> f64 {
    let square: f64 = x.iter().map(|&x| f64::from(x).powi(2)).sum();
    1.0 / (square / x.len() as f64 + f64::from(EPSILON)).sqrt()
}

fn silu(x: f64) -> f64 {
    x / (1.0 + (-x).exp())
}

/// Alone, and with norm, bias and residual.
fn plain(way: &Way) {
    let compute = &way.compute;
    for ([m, k, n], format) in SHAPES
        .into_iter()
        .flat_map(|shape| way.formats().iter().map(move |&format| (shape, format)))
    {
        let (x, bias, before) = (values(m * k, 1), values(n, 2), values(m * n, 4));
        let weights = Weights::new(n, k, format, 3);
        for fused in [false, true] {
            let mut graph = Graph::new(compute);
            let input = graph.resident(&Resident::new(compute, [m, k], &x));
            let output = Resident::new(compute, [m, n], &before);
            let y = graph.resident(&output);
            graph.push(Linear {
                weights: Arc::new(weights.linear(compute, fused.then_some(&bias))),
                x: graph.rows(input),
                rms_norm: fused.then_some(EPSILON),
                residual: fused.then_some(graph.rows(y)),
                y: graph.rows(y),
            });
            let expected: Vec<f64> = (0..m * n)
                .map(|i| {
                    let (row, column) = (&x[i / n * k..][..k], i % n);
                    let product = weights.dot(column, row);
                    match fused {
                        true => {
                            norm(row) * product + f64::from(bias[column]) + f64::from(before[i])
                        }
                        false => product,
                    }
                })
                .collect();
            let what = format!("{format:?} {m}×{k}×{n}, fused: {fused}");
            // Normalized values are up to 1.8 times as large.
            compare(
                &what,
                &run_with(&graph, &output, way.tuning),
                &expected,
                way.tolerance(format, 2 * k + 2),
            );
        }
    }
}

/// The two matrices of a gate.
fn gated(way: &Way) {
    let compute = &way.compute;
    for ([m, k, n], format) in [
        ([5, 36, 7], Format::Q8),
        ([88, 256, 688], Format::Q4),
        ([33, 64, 40], Format::F16),
    ] {
        let x = values(m * k, 1);
        let [w1, w3] = [Weights::new(n, k, format, 2), Weights::new(n, k, format, 3)];
        let mut graph = Graph::new(compute);
        let input = graph.resident(&Resident::new(compute, [m, k], &x));
        let output = Resident::zeros(compute, [m, n]);
        let y = graph.resident(&output);
        graph.push(Linear {
            weights: Arc::new(LinearWeights::gated(w1.on(compute), w3.on(compute))),
            x: graph.rows(input),
            rms_norm: Some(EPSILON),
            residual: None,
            y: graph.rows(y),
        });
        let expected: Vec<f64> = (0..m * n)
            .map(|i| {
                let row = &x[i / n * k..][..k];
                silu(norm(row) * w1.dot(i % n, row)) * norm(row) * w3.dot(i % n, row)
            })
            .collect();
        // The product of two sums of magnitude √k.
        let tolerance = way.tolerance(format, k) * (k as f64).sqrt() * 4.0;
        compare(
            &format!("{format:?} gate"),
            &run_with(&graph, &output, way.tuning),
            &expected,
            tolerance,
        );
    }
}

/// Text and picture in one tensor, each with its own weights; x and the residual repeat, and x lacks
/// the last columns.
fn in_parts(way: &Way) {
    let compute = &way.compute;
    let (text, picture, k, used, n) = (7, 20, 70, 45, 10);
    for [k, used, n] in [[k, used, n], [96, 64, 36]] {
        let x = values((text + picture) * used, 1);
        let positions = values(picture * n, 2);
        let weights = [
            Weights::new(n, k, Format::Q8, 3),
            Weights::new(n, k, Format::Q8, 4),
        ];
        let bias = [values(n, 5), values(n, 6)];
        let mut graph = Graph::new(compute);
        let input = graph.resident(&Resident::new(compute, [text + picture, used], &x));
        let residual = graph.resident(&Resident::new(compute, [picture, n], &positions));
        let rows = text + 2 * picture;
        let output = Resident::zeros(compute, [rows, n]);
        let y = graph.resident(&output);
        let part = |of, first, count, columns| Rows {
            of,
            first,
            count,
            columns,
        };
        let parts = [(0, text, text), (text, picture, 2 * picture)];
        for ((first, count, out), (weights, bias)) in
            parts.into_iter().zip(weights.iter().zip(&bias))
        {
            graph.push(Linear {
                weights: Arc::new(weights.linear(compute, Some(bias))),
                x: part(input, first, count, used),
                rms_norm: None,
                residual: Some(part(
                    residual,
                    0,
                    if first == 0 { text } else { picture },
                    n,
                )),
                y: part(y, first, out, n),
            });
        }
        let expected: Vec<f64> = (0..rows * n)
            .map(|i| {
                let (row, column) = (i / n, i % n);
                let (w, source, place) = match row.checked_sub(text) {
                    None => (0, row, row),
                    Some(row) => (1, text + row % picture, row % picture),
                };
                weights[w].dot(column, &x[source * used..][..used])
                    + f64::from(bias[w][column])
                    + f64::from(positions[place * n + column])
            })
            .collect();
        compare(
            "in parts",
            &run_with(&graph, &output, way.tuning),
            &expected,
            way.tolerance(Format::Q8, used + 2),
        );
    }
}

fn all(compute: &Compute, tuning: Tuning) {
    let way = Way {
        compute: compute.clone(),
        tuning,
    };
    plain(&way);
    gated(&way);
    in_parts(&way);
    assert_eq!(compute.check(), Ok(()));
}

fn in_tile(arithmetic: Arithmetic, [rows, columns]: [usize; 2]) {
    let tuning = Tuning {
        tile: Some(Tile { rows, columns }),
        arithmetic: Some(arithmetic),
        ..Tuning::default()
    };
    all(&gpu(), tuning);
}

/// In the largest tile and the smallest.
fn in_tiles(arithmetic: Arithmetic) {
    in_tile(arithmetic, [8, 8]);
    in_tile(arithmetic, [4, 4]);
}

#[test]
fn on_the_processor() {
    all(&Compute::cpu(), Tuning::default());
}

#[test]
fn on_the_gpu() {
    in_tiles(Arithmetic::Single);
}

#[test]
fn on_the_gpu_in_8_bits() {
    in_tiles(Arithmetic::Packed);
}

#[test]
fn on_the_gpu_in_f16() {
    let offered = gpu().traits().is_some_and(|traits| traits.half);
    assert!(offered, "the software driver of the tests has f16");
    in_tiles(Arithmetic::Half);
}

/// Emulated: no software driver has subgroup matrices.
#[test]
fn on_the_gpu_by_subgroup_matrices() {
    in_tile(Arithmetic::SubgroupMatrix(OF_F16), [4, 4]);
    let of_f32 = SubgroupMatrix {
        m: 8,
        n: 8,
        k: 8,
        half: false,
        lanes: None,
    };
    in_tile(Arithmetic::SubgroupMatrix(of_f32), [4, 4]);
}

/// Otherwise a fault would look like a valid result.
#[test]
fn nan_and_infinity_propagate_in_every_arithmetic() {
    let gpu = gpu();
    for bad in [f32::NAN, f32::INFINITY] {
        propagates_to_its_row(&Compute::cpu(), Arithmetic::Single, bad);
        for arithmetic in [
            Arithmetic::Single,
            Arithmetic::Half,
            Arithmetic::Packed,
            Arithmetic::SubgroupMatrix(OF_F16),
        ] {
            propagates_to_its_row(&gpu, arithmetic, bad);
        }
    }
}

fn propagates_to_its_row(compute: &Compute, arithmetic: Arithmetic, bad: f32) {
    let (m, k, n) = (3, 70, 5);
    let mut x = values(m * k, 1);
    x[k + 40] = bad;
    let mut graph = Graph::new(compute);
    let input = graph.resident(&Resident::new(compute, [m, k], &x));
    let output = Resident::zeros(compute, [m, n]);
    let y = graph.resident(&output);
    graph.push(Linear {
        weights: Arc::new(Weights::new(n, k, Format::Q8, 3).linear(compute, None)),
        x: graph.rows(input),
        rms_norm: None,
        residual: None,
        y: graph.rows(y),
    });
    let tuning = Tuning {
        arithmetic: Some(arithmetic),
        ..Tuning::default()
    };
    let found = run_with(&graph, &output, tuning);
    let finite: Vec<bool> = found.iter().map(|value| value.is_finite()).collect();
    let expected = [[true; 5], [false; 5], [true; 5]].concat();
    assert_eq!(finite, expected, "{arithmetic:?} of {bad}: {found:?}");
}

#[test]
#[should_panic(expected = "values of a 4 by 64 weight")]
fn wrong_lengths_are_refused() {
    let bytes = WeightBytes {
        format: Format::Q4,
        rows: 4,
        columns: 64,
        values: &[0; 5],
        scales: &[0; 16],
    };
    let _ = Weight::new(&Compute::cpu(), &bytes);
}

#[test]
#[should_panic(expected = "not made in place")]
fn a_product_in_place_is_refused() {
    let weights = Weights::new(4, 4, Format::F32, 1);
    let mut graph = Graph::new(&Compute::cpu());
    let x = graph.planned(2, 4);
    graph.push(Linear {
        weights: Arc::new(weights.linear(&Compute::cpu(), None)),
        x: graph.rows(x),
        rms_norm: None,
        residual: None,
        y: graph.rows(x),
    });
}
