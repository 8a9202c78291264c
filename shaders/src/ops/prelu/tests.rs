//! PReLU on every device against scalar arithmetic, in place and among other columns.

use crate::ops::Prelu;
use crate::testing::{gpu, run, values};
use crate::{Compute, Graph, Resident, Rows};

/// Rows and columns of the tensor; the first row, rows and columns that change.
const CASES: [([usize; 2], [usize; 3]); 3] = [
    ([1, 1], [0, 1, 1]),
    ([40, 9], [3, 33, 7]),
    // More than 65,535 workgroups.
    ([70_001, 64], [1, 70_000, 64]),
];

fn all(compute: &Compute) {
    for ([rows, stride], [first, count, columns]) in CASES {
        let (before, slopes) = (values(rows * stride, 1), values(columns, 2));
        let output = Resident::new(compute, [rows, stride], &before);
        let mut graph = Graph::new(compute);
        let op = Prelu {
            x: Rows {
                of: graph.resident(&output),
                first,
                count,
                columns,
            },
            slopes: graph.resident(&Resident::new(compute, [1, columns], &slopes)),
        };
        graph.push(op);
        let expected: Vec<f32> = (0..rows * stride)
            .map(|i| {
                let (row, column, x) = (i / stride, i % stride, before[i]);
                let inside = (first..first + count).contains(&row) && column < columns;
                // One rounding of one product: every device must give the same number.
                if inside && x < 0.0 {
                    slopes[column] * x
                } else {
                    x
                }
            })
            .collect();
        assert!(run(&graph, &output) == expected, "{count} by {columns}");
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

#[test]
fn nan_and_infinity_propagate() {
    for compute in [Compute::cpu(), gpu()] {
        let output = Resident::new(
            &compute,
            [1, 4],
            &[f32::NAN, f32::INFINITY, -f32::INFINITY, 1.0],
        );
        let mut graph = Graph::new(&compute);
        let x = graph.resident(&output);
        let slopes = graph.resident(&Resident::new(&compute, [1, 4], &[0.5; 4]));
        let x = graph.rows(x);
        graph.push(Prelu { x, slopes });
        let finite: Vec<bool> = run(&graph, &output).iter().map(|x| x.is_finite()).collect();
        assert_eq!(finite, [false, false, false, true]);
    }
}
