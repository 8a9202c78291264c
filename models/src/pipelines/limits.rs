//! The limits of a recipe, from the model alone.

use image2_package::about::Sizes;
use image2_picture::Recipe;

use crate::fault::RequestFault;
use crate::networks::Signature;

// A request outside these bounds is a typing error or an attack.
pub(crate) const STEPS_MAX: u32 = 200;
pub(crate) const GUIDANCE_MAX: f32 = 30.0;
const SHIFT_MAX: f32 = 100.0;
/// Largest side and area as multiples of the training size, where a package does not state them:
/// beyond them pictures fall apart, and the square of the number of tokens exceeds memory.
const SIDE_FACTOR: usize = 4;
const AREA_FACTOR: usize = 4;

/// Largest side of an enlarged picture: its pixels take 64 MiB.
pub(crate) const ENLARGED_SIDE_MAX: u32 = 4096;
/// The recommended sides of enlarged pictures: a GPU and the processor take seconds for them.
const RECOMMENDED_GPU: u32 = 1024;
const RECOMMENDED_CPU: u32 = 512;

/// The recipes that a model accepts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// Width and height in pixels are multiples of this.
    pub patch: u32,
    /// The smallest side in pixels.
    pub side_min: u32,
    /// The largest side in pixels.
    pub side_max: u32,
    /// The largest product of width and height in pixels.
    pub area_max: u64,
    /// The most steps; the least is 1.
    pub steps_max: u32,
    /// The strongest guidance; the weakest is 0.
    pub guidance_max: f32,
    /// The largest shift; the smallest is its inverse.
    pub shift_max: f32,
}

impl Limits {
    /// `sizes` are the package's, where it states them.
    pub(crate) fn of(signature: &Signature, sizes: Option<&Sizes>) -> Self {
        let [height, width] = signature.size;
        let sizes = sizes.copied().unwrap_or(Sizes {
            height: height as u32,
            width: width as u32,
            multiple: signature.patch as u32,
            side_min: signature.patch as u32,
            side_max: (SIDE_FACTOR * height.max(width)) as u32,
            area_max: (AREA_FACTOR * height * width) as u64,
        });
        Self {
            patch: sizes.multiple,
            side_min: sizes.side_min,
            side_max: sizes.side_max,
            area_max: sizes.area_max,
            steps_max: STEPS_MAX,
            guidance_max: GUIDANCE_MAX,
            shift_max: SHIFT_MAX,
        }
    }

    /// With an upscaler that enlarges drawings of `[height, width]` pixels by `scale`, up to
    /// `passes` times: any size, because a drawing stands in the middle of its canvas.
    pub(crate) fn enlarged(self, drawn: [u32; 2], scale: u32, passes: u32) -> Self {
        let [height, width] = drawn;
        let enlarged = height
            .max(width)
            .saturating_mul(scale.saturating_pow(passes));
        let side_max = enlarged.min(ENLARGED_SIDE_MAX);
        Self {
            patch: 1,
            side_min: height.max(width),
            side_max,
            area_max: u64::from(side_max) * u64::from(side_max),
            ..self
        }
    }

    /// The recommended size `[height, width]` for a drawing of these proportions.
    pub(crate) fn recommended(&self, drawn: [u32; 2], on_cpu: bool) -> [u32; 2] {
        let side = if on_cpu {
            RECOMMENDED_CPU
        } else {
            RECOMMENDED_GPU
        };
        let side = side.clamp(self.side_min, self.side_max);
        let longer = drawn[0].max(drawn[1]);
        drawn.map(|own| (side * own / longer).max(self.side_min))
    }

    /// Checks a recipe's numbers.
    ///
    /// # Errors
    /// The first number that is out of range.
    pub fn check(&self, recipe: &Recipe) -> Result<(), RequestFault> {
        let &Recipe {
            width,
            height,
            steps,
            guidance,
            shift,
            ..
        } = recipe;
        let sides = self.side_min..=self.side_max;
        let fits = |side: u32| side.is_multiple_of(self.patch) && sides.contains(&side);
        let area = u64::from(width) * u64::from(height);
        if !fits(width) || !fits(height) || area > self.area_max {
            return Err(RequestFault::Size {
                width,
                height,
                patch: self.patch,
                low: self.side_min,
                high: self.side_max,
                area_max: self.area_max,
            });
        }
        let (low, high) = (1, self.steps_max);
        if !(low..=high).contains(&steps) {
            return Err(RequestFault::Steps { steps, low, high });
        }
        let (low, high) = (0.0, self.guidance_max);
        if !(low..=high).contains(&guidance) {
            return Err(RequestFault::Guidance {
                guidance,
                low,
                high,
            });
        }
        let (low, high) = (1.0 / self.shift_max, self.shift_max);
        if !(low..=high).contains(&shift) {
            return Err(RequestFault::Shift { shift, low, high });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Change = fn(&mut Recipe);

    const SIGNATURE: Signature = Signature {
        channels: 4,
        condition: 0,
        patch: 16,
        size: [32, 64],
        text_length: 8,
        text_width: 4,
    };

    fn recipe() -> Recipe {
        Recipe {
            width: 32,
            height: 48,
            steps: 4,
            ..Recipe::default()
        }
    }

    #[test]
    fn every_number_is_checked_and_its_ends_are_allowed() {
        let limits = Limits::of(&SIGNATURE, None);
        let changes: [(Change, Option<&str>); 18] = [
            (|_| {}, None),
            (|r| r.width = 40, Some("request.size")),
            (|r| r.height = 0, Some("request.size")),
            (|r| (r.width, r.height) = (256, 32), None),
            (|r| (r.width, r.height) = (272, 16), Some("request.size")),
            (|r| (r.width, r.height) = (256, 48), Some("request.size")),
            (
                |r| (r.width, r.height) = (u32::MAX, u32::MAX),
                Some("request.size"),
            ),
            (|r| r.steps = 0, Some("request.steps")),
            (|r| r.steps = 200, None),
            (|r| r.steps = 201, Some("request.steps")),
            (|r| r.guidance = 0.0, None),
            (|r| r.guidance = -0.1, Some("request.guidance")),
            (|r| r.guidance = f32::NAN, Some("request.guidance")),
            (|r| r.guidance = 30.1, Some("request.guidance")),
            (|r| r.shift = 0.01, None),
            (|r| r.shift = 0.0, Some("request.shift")),
            (|r| r.shift = 100.5, Some("request.shift")),
            (|r| r.shift = f32::INFINITY, Some("request.shift")),
        ];
        for (i, (change, code)) in changes.into_iter().enumerate() {
            let mut recipe = recipe();
            change(&mut recipe);
            let found = limits.check(&recipe).map_err(|fault| fault.code());
            assert_eq!(found.err(), code, "change {i}");
        }
    }

    #[test]
    fn an_upscaler_makes_any_size_above_the_drawn_one() {
        let limits = |passes| Limits::of(&SIGNATURE, None).enlarged([64, 64], 4, passes);
        let mut large = recipe();
        for (passes, width, height, fits) in [
            (3, 64, 64, true),
            (3, 63, 64, false),
            (3, 65, 4096, true),
            (3, 4096, 4096, true),
            (3, 4097, 64, false),
            (2, 1024, 1024, true),
            (2, 1025, 1024, false),
            (u32::MAX, 4096, 4097, false),
        ] {
            (large.width, large.height) = (width, height);
            assert_eq!(
                limits(passes).check(&large).is_ok(),
                fits,
                "{width} by {height}"
            );
        }
        assert_eq!(limits(3).recommended([64, 64], true), [512, 512]);
        assert_eq!(limits(3).recommended([64, 64], false), [1024, 1024]);
        assert_eq!(limits(1).recommended([64, 64], false), [256, 256]);
        assert_eq!(limits(3).recommended([32, 64], true), [256, 512]);
    }

    #[test]
    fn a_package_may_state_other_sizes() {
        let sizes = Sizes {
            height: 32,
            width: 64,
            multiple: 32,
            side_min: 32,
            side_max: 64,
            area_max: 64 * 32,
        };
        let limits = Limits::of(&SIGNATURE, Some(&sizes));
        for (width, height, fits) in [
            (64, 32, true),
            (32, 32, true),
            (64, 64, false),
            (48, 32, false),
            (32, 96, false),
        ] {
            let recipe = Recipe {
                width,
                height,
                ..recipe()
            };
            assert_eq!(limits.check(&recipe).is_ok(), fits, "{width} by {height}");
        }
    }
}
