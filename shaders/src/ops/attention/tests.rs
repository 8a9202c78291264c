//! Attention on every device against scalar arithmetic in 64 bits.

use crate::ops::{Attention, Sequence};
use crate::testing::{compare, gpu, run_with, values};
use crate::tuning::{Arithmetic, SubgroupMatrix, Tuning};
use crate::{Compute, Graph, Resident};

struct Case {
    heads: usize,
    head_dim: usize,
    text: usize,
    picture: usize,
    batch: usize,
}

const CASES: [Case; 5] = [
    Case {
        heads: 1,
        head_dim: 4,
        text: 0,
        picture: 1,
        batch: 1,
    },
    Case {
        heads: 2,
        head_dim: 8,
        text: 3,
        picture: 4,
        batch: 2,
    },
    Case {
        heads: 4,
        head_dim: 64,
        text: 24,
        picture: 64,
        batch: 2,
    }, // image2-mini's sketch
    Case {
        heads: 2,
        head_dim: 52,
        text: 5,
        picture: 60,
        batch: 1,
    }, // an odd head, one key over two tiles
    Case {
        heads: 3,
        head_dim: 32,
        text: 31,
        picture: 33,
        batch: 3,
    },
];

impl Case {
    fn rows(&self) -> usize {
        self.batch * (self.text + self.picture)
    }

    fn width(&self) -> usize {
        self.heads * self.head_dim
    }

    /// Queries are scaled up, so that some shares are near one and others vanish.
    fn qkv(&self) -> Vec<f32> {
        let width = self.width();
        let values = values(self.rows() * 3 * width, 1);
        values
            .iter()
            .enumerate()
            .map(|(i, x)| if i % (3 * width) < width { 9.0 * x } else { *x })
            .collect()
    }

    fn graph(
        &self,
        compute: &Compute,
        qkv: &[f32],
        output: &Resident,
        pictures_only: bool,
    ) -> Graph {
        let mut graph = Graph::new(compute);
        let op = Attention {
            qkv: graph.resident(&Resident::new(
                compute,
                [self.rows(), 3 * self.width()],
                qkv,
            )),
            out: graph.resident(output),
            heads: self.heads,
            head_dim: self.head_dim,
            sequence: self.sequence(),
            pictures_only,
        };
        graph.push(op);
        graph
    }

    fn sequence(&self) -> Sequence {
        Sequence {
            text: [0, self.text],
            picture: [self.batch * self.text, self.picture],
            batch: self.batch,
        }
    }
}

fn attention(compute: &Compute, tuning: Tuning, tolerance: f64) {
    check_cases(&CASES, compute, tuning, tolerance);
}

fn check_cases(cases: &[Case], compute: &Compute, tuning: Tuning, tolerance: f64) {
    for (case, pictures_only) in cases.iter().flat_map(|case| [(case, false), (case, true)]) {
        let (width, dim, length) = (case.width(), case.head_dim, case.text + case.picture);
        let (qkv, before) = (case.qkv(), values(case.rows() * width, 3));
        let output = Resident::new(compute, [case.rows(), width], &before);
        let graph = case.graph(compute, &qkv, &output, pictures_only);
        let at = |row: usize, part: usize, head: usize, d: usize| {
            f64::from(qkv[row * 3 * width + part * width + head * dim + d])
        };
        let mut expected: Vec<f64> = before.iter().map(|&x| x.into()).collect();
        for (b, head) in (0..case.batch).flat_map(|b| (0..case.heads).map(move |head| (b, head))) {
            for i in if pictures_only { case.text } else { 0 }..length {
                let rows: Vec<usize> = (0..length).map(|j| case.sequence().row(b, j)).collect();
                let row = rows[i];
                let score = |&key: &usize| {
                    (0..dim)
                        .map(|d| at(row, 0, head, d) * at(key, 1, head, d))
                        .sum::<f64>()
                };
                let scores: Vec<f64> = rows.iter().map(score).collect();
                let highest = scores.iter().copied().fold(f64::MIN, f64::max);
                let shares: Vec<f64> = scores
                    .iter()
                    .map(|score| (score - highest).exp2())
                    .collect();
                let total: f64 = shares.iter().sum();
                for d in 0..dim {
                    let sum: f64 = shares
                        .iter()
                        .zip(&rows)
                        .map(|(share, &key)| share * at(key, 2, head, d))
                        .sum();
                    expected[row * width + head * dim + d] = sum / total;
                }
            }
        }
        compare(
            "attention",
            &run_with(&graph, &output, tuning),
            &expected,
            tolerance,
        );
    }
}

/// Scores reach about 60, so their rounding error is about 60 ε, and so is that of shares.
const SINGLE: f64 = 3e-5;
/// Queries up to 9 and keys up to 1 have a relative rounding error of 2^-12. The error of a score of
/// 64 products is 3·10⁻³ (six standard deviations: 0.02), and so is the relative error of shares.
const HALF: f64 = 3e-2;

fn chosen(arithmetic: Arithmetic, subgroups: bool) -> Tuning {
    Tuning {
        arithmetic: Some(arithmetic),
        subgroups: Some(subgroups),
        ..Tuning::default()
    }
}

#[test]
fn on_the_processor() {
    attention(&Compute::cpu(), Tuning::default(), SINGLE);
}

#[test]
fn on_the_gpu() {
    let compute = gpu();
    attention(&compute, chosen(Arithmetic::Single, false), SINGLE);
    assert_eq!(compute.check(), Ok(()));
}

#[test]
fn on_the_gpu_with_subgroups_and_in_f16() {
    let compute = gpu();
    let traits = compute.traits().expect("a GPU");
    assert!(
        traits.subgroups && traits.half,
        "the tests' software driver has both: {traits:?}"
    );
    attention(&compute, chosen(Arithmetic::Single, true), SINGLE);
    attention(&compute, chosen(Arithmetic::Half, false), HALF);
    attention(&compute, chosen(Arithmetic::Half, true), HALF);
    assert_eq!(compute.check(), Ok(()));
}

/// Emulated: no software driver has subgroup matrices. Few cases of several tiles, because software
/// drivers take half a minute for a kernel.
#[test]
fn on_the_gpu_by_subgroup_matrices() {
    let compute = gpu();
    let by = |[m, n, k]: [usize; 3], half| {
        let unit = SubgroupMatrix {
            m,
            n,
            k,
            half,
            lanes: None,
        };
        chosen(Arithmetic::SubgroupMatrix(unit), true)
    };
    let of_f16 = by([8, 16, 16], true);
    check_cases(&CASES[3..4], &compute, by([16, 16, 16], true), HALF);
    check_cases(&CASES[4..], &compute, of_f16, HALF);
    check_cases(&CASES[4..], &compute, by([8, 8, 8], false), SINGLE);
    propagates_to_readers(&compute, of_f16);
    assert_eq!(compute.check(), Ok(()));
}

#[test]
fn nan_and_infinity_propagate() {
    let compute = gpu();
    propagates_to_readers(&Compute::cpu(), Tuning::default());
    for arithmetic in [Arithmetic::Single, Arithmetic::Half] {
        propagates_to_readers(&compute, chosen(arithmetic, false));
        propagates_to_readers(&compute, chosen(arithmetic, true));
    }
}

/// From a query to its own row, from a key or a value to the rows of all queries, and not to other
/// heads and items.
fn propagates_to_readers(compute: &Compute, tuning: Tuning) {
    let case = &CASES[4];
    let (width, dim) = (case.width(), case.head_dim);
    let sequence = case.sequence();
    let [item, head, token] = [1, 2, 40];
    // Not an infinite key: a score of minus infinity correctly has no share.
    for (bad, part) in [
        (f32::NAN, 0),
        (f32::NAN, 1),
        (f32::NAN, 2),
        (f32::INFINITY, 0),
        (f32::INFINITY, 2),
    ] {
        let mut qkv = case.qkv();
        qkv[sequence.row(item, token) * 3 * width + part * width + head * dim + 5] = bad;
        let output = Resident::zeros(compute, [case.rows(), width]);
        let graph = case.graph(compute, &qkv, &output, false);
        let found = run_with(&graph, &output, tuning);
        for (i, other_item, other_head) in (0..case.text + case.picture)
            .flat_map(|i| (0..case.batch).map(move |b| (i, b)))
            .flat_map(|(i, b)| (0..case.heads).map(move |h| (i, b, h)))
        {
            let reads = (other_item, other_head) == (item, head) && (part > 0 || i == token);
            let first = sequence.row(other_item, i) * width + other_head * dim;
            let row = &found[first..][..dim];
            let invalid = match part {
                2 => !row[5].is_finite(),
                _ => row.iter().all(|value| !value.is_finite()),
            };
            let valid = row.iter().all(|value| value.is_finite());
            assert!(
                if reads { invalid } else { valid },
                "{tuning:?}, {bad} in part {part}: token {i} of {other_item}, {other_head}: {row:?}"
            );
        }
    }
}
