//! Euler's method: `x + w (x̂ − x)` with `w = dt / (1 − t)`.

use super::{Evaluation, Sampler, weight};

/// First order, one evaluation a step.
#[derive(Clone, Copy, Debug)]
pub struct Euler;

impl Sampler for Euler {
    fn evaluations(&self, span: [f64; 2]) -> Vec<Evaluation> {
        vec![Evaluation {
            t: span[0],
            weight: weight(span, span[0]),
            saved_weight: 0.0,
            from_saved: false,
        }]
    }
}
