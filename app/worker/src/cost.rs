//! Time and memory of a picture, on all workers together.

use image2_models::Estimate;
use web_time::Duration;

/// Time and memory of a picture, as far as they are known beforehand.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Cost {
    /// Memory of all workers that take part, in bytes.
    pub(crate) memory_bytes: u64,
    /// The steps; `None` where none was timed.
    pub(crate) drawing: Option<Duration>,
    /// Tiles, about.
    pub(crate) tiles: u32,
    /// All tiles, by one worker; `None` where none was timed.
    pub(crate) alone: Option<Duration>,
    /// The workers that share them.
    pub(crate) workers: u32,
}

impl Cost {
    /// Of one worker alone.
    pub(crate) fn alone(estimate: &Estimate) -> Self {
        Self {
            memory_bytes: estimate.memory_bytes,
            drawing: estimate.drawing,
            tiles: estimate.tiles,
            alone: estimate.enlarging,
            workers: 1,
        }
    }

    /// The time of all tiles.
    pub(crate) fn enlarging(&self) -> Option<Duration> {
        match (self.tiles, self.alone) {
            (0, _) => Some(Duration::ZERO),
            (_, alone) => alone.map(|alone| alone / self.workers),
        }
    }

    /// The time of all.
    pub(crate) fn duration(&self) -> Option<Duration> {
        Some(self.drawing? + self.enlarging()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_known_once_all_its_parts_are() {
        let second = Some(Duration::from_secs(1));
        let cost = Cost {
            memory_bytes: 9,
            drawing: second,
            tiles: 4,
            alone: Some(Duration::from_secs(8)),
            workers: 4,
        };
        assert_eq!(cost.duration(), Some(Duration::from_secs(3)));
        for unknown in [
            Cost {
                drawing: None,
                ..cost
            },
            Cost {
                alone: None,
                ..cost
            },
        ] {
            assert_eq!(unknown.duration(), None);
        }
        let drawn = Cost {
            tiles: 0,
            alone: None,
            ..cost
        };
        assert_eq!(drawn.duration(), second, "nothing is enlarged");
    }
}
