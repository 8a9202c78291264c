//! From noise to picture along the flow's straight paths.
//!
//! Time `t` runs from 0 (noise) to 1 (picture); `x_t = t · picture + (1 − t) · σ · noise`. The
//! network predicts the clean picture `x̂`, so the velocity at `t` is `(x̂ − x_t) / (1 − t)`.

use image2_package::Method;

/// Below this the division by `1 − t` would only amplify rounding; training clamps there too.
const REMAINING_MIN: f64 = 0.02;

/// Classifier-free guidance: `x̂ = x̂₀ + scale · (x̂_text − x̂₀)` where `t` lies in the interval,
/// else `x̂ = x̂_text`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Guidance {
    /// 1 switches guidance off and halves the work.
    pub scale: f32,
    /// Open interval of `t`. Outside it guidance costs time and adds nothing (Kynkäänniemi et
    /// al., "Applying guidance in a limited interval", 2024).
    pub interval: [f32; 2],
}

impl Guidance {
    /// Whether the unconditional branch is needed at `t`.
    #[must_use]
    pub fn applies(&self, t: f64) -> bool {
        let [low, high] = self.interval.map(f64::from);
        (self.scale - 1.0).abs() > f32::EPSILON && low < t && t < high
    }
}

/// The times of a run: `steps + 1` values from 0 to 1, evenly spaced, or bent by `shift`:
/// `t' = t / (t + shift · (1 − t))`. A shift above 1 spends more steps near the noise.
#[must_use]
pub fn time_grid(steps: u32, shift: f64) -> Vec<f64> {
    (0..=steps)
        .map(|i| f64::from(i) / f64::from(steps))
        .map(|t| t / (t + shift * (1.0 - t)))
        .collect()
}

/// One evaluation of the network on the way from one time to the next.
///
/// With `x̂` foreseen at `x` and `t`: `saved = x + saved_weight (x̂ − x)` and
/// `x = base + weight (x̂ − x)`, where `base` is `x`, or what the stage before saved.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Stage {
    /// The time that `x` is at.
    pub t: f64,
    pub weight: f32,
    pub saved_weight: f32,
    pub from_saved: bool,
}

/// The stages of a step. Euler's is one: `x + w (x̂ − x)` with `w = dt / max(1 − t, REMAINING_MIN)`.
pub(crate) fn stages([from, to]: [f64; 2], method: Method) -> Vec<Stage> {
    let weight = |t: f64| ((to - from) / (1.0 - t).max(REMAINING_MIN)) as f32;
    let first = Stage {
        t: from,
        weight: weight(from),
        saved_weight: 0.0,
        from_saved: false,
    };
    match method {
        // Half of the first velocity is kept, the whole leads to where the second is asked.
        Method::Heun if to < 1.0 => vec![
            Stage {
                saved_weight: 0.5 * first.weight,
                ..first
            },
            Stage {
                t: to,
                weight: 0.5 * weight(to),
                saved_weight: 0.0,
                from_saved: true,
            },
        ],
        _ => vec![first],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As `Advance` does it, on one number.
    fn run(method: Method, times: &[f64], predict: impl Fn(f64, f64) -> f64) -> f64 {
        let (mut x, mut saved) = (-1.3, 0.0);
        for stage in times
            .windows(2)
            .flat_map(|pair| stages([pair[0], pair[1]], method))
        {
            let toward = predict(x, stage.t) - x;
            let base = if stage.from_saved { saved } else { x };
            saved = x + f64::from(stage.saved_weight) * toward;
            x = base + f64::from(stage.weight) * toward;
        }
        x
    }

    /// A network that always predicts the same picture: the path is straight, and every method
    /// lands on it in any number of steps.
    #[test]
    fn straight_paths_end_at_the_picture() {
        for (method, steps, shift) in [
            (Method::Euler, 1, 1.0),
            (Method::Euler, 20, 3.0),
            (Method::Heun, 7, 0.5),
        ] {
            let error = (run(method, &time_grid(steps, shift), |_, _| 0.7) - 0.7).abs();
            assert!(
                error < 1e-6, // weights are f32
                "{method:?} with {steps} steps is off by {error}"
            );
        }
    }

    /// `x̂ = x + (1 − t) · cos 5t` makes the velocity `cos 5t`, whose path is known. Halving the
    /// step halves Euler's error and quarters Heun's: their orders.
    #[test]
    fn errors_fall_by_the_order_of_the_method() {
        let predict = |x: f64, t: f64| x + (1.0 - t) * (5.0 * t).cos();
        // Short of the end, where the last step is Euler's by design.
        let error = |method, steps: u32| {
            let times: Vec<f64> = time_grid(steps, 1.0).iter().map(|t| 0.8 * t).collect();
            (run(method, &times, predict) - (-1.3 + 4.0_f64.sin() / 5.0)).abs()
        };
        for (method, factor) in [(Method::Euler, 2.0), (Method::Heun, 4.0)] {
            let fall = error(method, 40) / error(method, 80);
            assert!((fall / factor - 1.0).abs() < 0.1, "{method:?}: {fall}");
        }
    }

    #[test]
    fn the_grid_runs_from_noise_to_picture_and_rises() {
        for shift in [0.3, 1.0, 4.0] {
            let grid = time_grid(13, shift);
            assert_eq!((grid[0], grid[13]), (0.0, 1.0));
            assert!(grid.windows(2).all(|pair| pair[0] < pair[1]));
        }
        assert_eq!(time_grid(4, 1.0), [0.0, 0.25, 0.5, 0.75, 1.0]);
    }

    #[test]
    fn guidance_of_one_or_outside_the_interval_needs_one_branch() {
        let guidance = Guidance {
            scale: 3.0,
            interval: [0.05, 0.95],
        };
        assert!(guidance.applies(0.5) && !guidance.applies(0.0) && !guidance.applies(0.95));
        assert!(
            !Guidance {
                scale: 1.0,
                ..guidance
            }
            .applies(0.5)
        );
    }
}
