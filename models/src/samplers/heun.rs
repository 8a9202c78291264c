//! Heun's method: the velocity is averaged with that at the end of the step.

use super::{Euler, Evaluation, Sampler, weight};

/// Second order, two evaluations a step. The last step ends where the velocity is not defined, and
/// so is Euler's.
#[derive(Clone, Copy, Debug)]
pub struct Heun;

impl Sampler for Heun {
    fn evaluations(&self, span: [f64; 2]) -> Vec<Evaluation> {
        let [from, to] = span;
        if to >= 1.0 {
            return Euler.evaluations(span);
        }
        let first = weight(span, from);
        vec![
            // Moves to the end of the step, and saves the point that half of the velocity leads to.
            Evaluation {
                t: from,
                weight: first,
                saved_weight: 0.5 * first,
                from_saved: false,
            },
            // Adds half of the velocity at the end to the saved point.
            Evaluation {
                t: to,
                weight: 0.5 * weight(span, to),
                saved_weight: 0.0,
                from_saved: true,
            },
        ]
    }
}
