//! Norm and rotation on every device against scalar arithmetic in 64 bits.

use crate::ops::QkNormRope;
use crate::testing::{compare, gpu, run, values};
use crate::{Compute, Graph, Resident};

const EPSILON: f32 = 1e-6;

/// Heads, features of a head, rows: of one pair, of a whole number of steps of the eight lanes, and
/// of neither.
const CASES: [[usize; 3]; 5] = [
    [1, 4, 1],
    [2, 8, 14],
    [4, 64, 176],
    [2, 52, 65],
    [3, 32, 192],
];

fn all(compute: &Compute) {
    for [heads, dim, rows] in CASES {
        let (width, half) = (heads * dim, dim / 2);
        let (qkv, angles) = (values(rows * 3 * width, 1), values(rows * dim, 2));
        let output = Resident::new(compute, [rows, 3 * width], &qkv);
        let mut graph = Graph::new(compute);
        let op = QkNormRope {
            qkv: graph.resident(&output),
            heads,
            head_dim: dim,
            angles: graph.resident(&Resident::new(compute, [rows, dim], &angles)),
            epsilon: EPSILON,
        };
        graph.push(op);
        let wide: Vec<f64> = qkv.iter().map(|&x| x.into()).collect();
        let mut expected = wide.clone();
        for row in 0..rows {
            for part in 0..2 * heads {
                let head = &wide[row * 3 * width + part * dim..][..dim];
                let square = head.iter().map(|x| x * x).sum::<f64>() / dim as f64;
                let mut scale = 1.0 / (square + f64::from(EPSILON)).sqrt();
                if part < heads {
                    scale *= std::f64::consts::LOG2_E / (dim as f64).sqrt();
                }
                let angle = |i: usize| f64::from(angles[row * dim + i]);
                for i in 0..half {
                    let (a, b) = (scale * head[i], scale * head[half + i]);
                    let place = row * 3 * width + part * dim + i;
                    expected[place] = a * angle(i) - b * angle(half + i);
                    expected[place + half] = b * angle(i) + a * angle(half + i);
                }
            }
        }
        compare("rotation", &run(&graph, &output), &expected, 4e-6);
    }
    assert_eq!(compute.check(), Ok(()));
}

#[test]
fn on_the_processor() {
    all(&Compute::cpu());
}

#[test]
fn on_the_gpu() {
    all(&gpu());
}
