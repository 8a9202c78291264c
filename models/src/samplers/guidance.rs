//! Classifier-free guidance.

/// `x̂ = x̂₀ + scale · (x̂_text − x̂₀)` for `t` in the interval, else `x̂ = x̂_text`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Guidance {
    /// 1 switches guidance off and halves the work.
    pub scale: f32,
    /// Open interval of `t`. Outside it guidance costs time without improving pictures (Kynkäänniemi
    /// et al., "Applying guidance in a limited interval", 2024).
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guidance_of_one_or_outside_the_interval_needs_one_branch() {
        let guidance = Guidance {
            scale: 3.0,
            interval: [0.05, 0.95],
        };
        assert!(guidance.applies(0.5) && !guidance.applies(0.0) && !guidance.applies(0.95));
        let off = Guidance {
            scale: 1.0,
            ..guidance
        };
        assert!(!off.applies(0.5));
    }
}
