//! The times between which a sampler steps.

/// `steps + 1` times from 0 (noise) to 1 (picture): those that the model was trained for, where
/// `trained` are as many, else evenly spaced. Either are bent by `shift`:
/// `t' = t / (t + shift · (1 − t))`. A shift above 1 spends more steps near the noise.
#[must_use]
pub fn time_grid(steps: u32, trained: Option<&[f64]>, shift: f64) -> Vec<f64> {
    let even = |i: u32| f64::from(i) / f64::from(steps);
    let times = match trained {
        Some(trained) if trained.len() == steps as usize + 1 => trained.to_vec(),
        _ => (0..=steps).map(even).collect(),
    };
    let bend = |t: f64| t / (t + shift * (1.0 - t));
    times.into_iter().map(bend).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_grid_rises_from_noise_to_picture() {
        let trained = [0.0, 0.1, 0.3, 1.0];
        for shift in [0.3, 1.0, 4.0] {
            for (steps, trained) in [(13, None), (3, Some(&trained[..]))] {
                let grid = time_grid(steps, trained, shift);
                assert_eq!((grid[0], grid[steps as usize]), (0.0, 1.0));
                assert!(grid.windows(2).all(|pair| pair[0] < pair[1]));
            }
        }
        let even = [0.0, 0.25, 0.5, 0.75, 1.0];
        assert_eq!(time_grid(4, None, 1.0), even);
        assert_eq!(time_grid(4, Some(&trained), 1.0), even, "of another number");
        assert_eq!(time_grid(3, Some(&trained), 1.0), trained);
        assert_eq!(time_grid(3, Some(&[0.0, 0.25, 0.5, 1.0]), 3.0)[2], 0.25);
    }
}
