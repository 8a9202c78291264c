//! Samplers: from noise to picture along the flow's straight paths.
//!
//! Time `t` runs from 0 (noise) to 1 (picture); `x_t = t · picture + (1 − t) · σ · noise`. The
//! network predicts the clean picture `x̂`, so the velocity at `t` is `(x̂ − x_t) / (1 − t)`.
//!
//! A sampler is a file that implements [`Sampler`] and a line in [`sampler`]; the presets of a model
//! are data in its manifest.

mod euler;
mod guidance;
mod heun;
mod time_grid;

pub use euler::Euler;
pub use guidance::Guidance;
pub use heun::Heun;
use image2_package::Method;
pub use time_grid::time_grid;

/// Integrates the flow's equation step by step.
pub trait Sampler {
    /// The evaluations of the network that lead from one time to the next.
    fn evaluations(&self, span: [f64; 2]) -> Vec<Evaluation>;
}

/// The implementation of a method.
#[must_use]
pub fn sampler(method: Method) -> &'static dyn Sampler {
    match method {
        Method::Euler => &Euler,
        Method::Heun => &Heun,
    }
}

/// One evaluation of the network.
///
/// With the prediction `x̂` from `x` at `t`: `saved = x + saved_weight (x̂ − x)` and
/// `x = base + weight (x̂ − x)`, where `base` is `x`, or the point that the evaluation before saved.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Evaluation {
    /// The time of `x`.
    pub t: f64,
    /// Moves `x`.
    pub weight: f32,
    /// Makes the saved point.
    pub saved_weight: f32,
    /// Whether the base is the saved point.
    pub from_saved: bool,
}

/// Below this the division by `1 − t` would only amplify rounding; training clamps there too.
const REMAINING_MIN: f64 = 0.02;

/// The weight that moves `x` over a whole span with the velocity at `t`.
fn weight([from, to]: [f64; 2], t: f64) -> f32 {
    ((to - from) / (1.0 - t).max(REMAINING_MIN)) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The operation `Advance` on one number.
    fn run(method: Method, times: &[f64], predict: impl Fn(f64, f64) -> f64) -> f64 {
        let (mut x, mut saved) = (-1.3, 0.0);
        for evaluation in times
            .windows(2)
            .flat_map(|pair| sampler(method).evaluations([pair[0], pair[1]]))
        {
            let toward = predict(x, evaluation.t) - x;
            let base = if evaluation.from_saved { saved } else { x };
            saved = x + f64::from(evaluation.saved_weight) * toward;
            x = base + f64::from(evaluation.weight) * toward;
        }
        x
    }

    /// A network that always predicts the same picture makes a straight path, and every method ends
    /// at the picture in any number of steps.
    #[test]
    fn straight_paths_end_at_the_picture() {
        for (method, steps, shift) in [
            (Method::Euler, 1, 1.0),
            (Method::Euler, 20, 3.0),
            (Method::Heun, 7, 0.5),
        ] {
            let error = (run(method, &time_grid(steps, None, shift), |_, _| 0.7) - 0.7).abs();
            assert!(
                error < 1e-6, // weights are f32
                "{method:?} with {steps} steps is off by {error}"
            );
        }
    }

    /// `x̂ = x + (1 − t) · cos 5t` makes the velocity `cos 5t`, whose path is known. Halving the
    /// step halves Euler's error and quarters Heun's, by their orders.
    #[test]
    fn errors_fall_by_the_order_of_the_method() {
        let predict = |x: f64, t: f64| x + (1.0 - t) * (5.0 * t).cos();
        // Ends before 1, where Heun's last step would be Euler's.
        let error = |method, steps: u32| {
            let times: Vec<f64> = time_grid(steps, None, 1.0)
                .iter()
                .map(|t| 0.8 * t)
                .collect();
            (run(method, &times, predict) - (-1.3 + 4.0_f64.sin() / 5.0)).abs()
        };
        for (method, factor) in [(Method::Euler, 2.0), (Method::Heun, 4.0)] {
            let fall = error(method, 40) / error(method, 80);
            assert!((fall / factor - 1.0).abs() < 0.1, "{method:?}: {fall}");
        }
    }
}
