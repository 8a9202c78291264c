//! The times between which a sampler steps.

/// `steps + 1` times from 0 (noise) to 1 (picture): evenly spaced, or bent by `shift`:
/// `t' = t / (t + shift · (1 − t))`. A shift above 1 spends more steps near the noise.
#[must_use]
pub fn time_grid(steps: u32, shift: f64) -> Vec<f64> {
    (0..=steps)
        .map(|i| f64::from(i) / f64::from(steps))
        .map(|t| t / (t + shift * (1.0 - t)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_grid_rises_from_noise_to_picture() {
        for shift in [0.3, 1.0, 4.0] {
            let grid = time_grid(13, shift);
            assert_eq!((grid[0], grid[13]), (0.0, 1.0));
            assert!(grid.windows(2).all(|pair| pair[0] < pair[1]));
        }
        assert_eq!(time_grid(4, 1.0), [0.0, 0.25, 0.5, 0.75, 1.0]);
    }
}
