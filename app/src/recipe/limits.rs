//! The loaded model's limits and its makers' recommendation.

use image2_picture::Recipe;
use image2_protocol::{DeviceInfo, ModelInfo};

/// Most steps offered, unless the model recommends more.
const STEPS_MAX: u32 = 50;
/// Guidance that is off.
pub const GUIDANCE_MIN: f32 = 1.0;
/// The strongest guidance offered.
pub const GUIDANCE_MAX: f32 = 10.0;

/// A model's limits and recommendation. Sides in pixels.
#[derive(Clone, Debug, PartialEq)]
pub struct Limits {
    /// Every side is a multiple of this.
    pub patch: u32,
    pub side_min: u32,
    pub side_max: u32,
    /// Largest product of both sides.
    pub area_max: u32,
    /// Whether pictures have transparent parts, so that a ground shows.
    pub alpha: bool,
    /// Whether drawings are enlarged to the size asked for: any size takes the same drawing. If not,
    /// the model draws at that size.
    pub enlarges: bool,
    /// The settings to use where nothing was chosen; prompt empty, seed 0.
    pub recommended: Recipe,
}

impl Default for Limits {
    /// The default model's, shown until a model has been loaded.
    fn default() -> Self {
        Self {
            patch: 1,
            side_min: 64,
            side_max: 4096,
            area_max: 4096 * 4096,
            alpha: true,
            enlarges: true,
            recommended: Recipe {
                width: 1024,
                height: 1024,
                steps: 4,
                ..Recipe::default()
            },
        }
    }
}

impl From<&ModelInfo> for Limits {
    fn from(model: &ModelInfo) -> Self {
        Self {
            patch: model.patch,
            side_min: model.side_min,
            side_max: model.side_max,
            area_max: model.area_max,
            alpha: model.alpha,
            enlarges: model.enlarges,
            recommended: model.recommended.clone(),
        }
    }
}

impl Limits {
    /// The default model's on this device.
    pub fn expected(device: &DeviceInfo) -> Self {
        let mut limits = Self::default();
        if *device == DeviceInfo::Cpu {
            limits.recommended.width = 512;
            limits.recommended.height = 512;
        }
        limits
    }

    /// A number of steps within the offered range.
    pub fn steps(&self, steps: u32) -> u32 {
        steps.clamp(1, self.steps_max())
    }

    /// Most steps offered.
    pub fn steps_max(&self) -> u32 {
        STEPS_MAX.max(self.recommended.steps)
    }
}

/// Guidance within the offered range, in halves.
pub fn guidance(guidance: f32) -> f32 {
    if guidance.is_finite() {
        ((guidance * 2.0).round() / 2.0).clamp(GUIDANCE_MIN, GUIDANCE_MAX)
    } else {
        GUIDANCE_MIN
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guidance_moves_in_halves() {
        assert_eq!(guidance(3.3), 3.5);
        assert_eq!(guidance(0.0), 1.0);
        assert_eq!(guidance(99.0), 10.0);
        assert_eq!(guidance(f32::NAN), 1.0);
    }
}
