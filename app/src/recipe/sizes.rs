//! Picture sizes that the loaded model can make.
//!
//! A model that enlarges its drawings offers a few longer sides in a few shapes. Another one draws at the
//! size itself, which is whole patches then. Every size that leaves this module is within the model's
//! limits, so that only the device may have to refuse one.

use crate::locales::{Message, messages};
use crate::recipe::limits::Limits;

/// A shape offered by one press.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Stable, for the markup.
    pub key: &'static str,
    across: u32,
    down: u32,
}

/// The shapes offered, from the most usual to the least.
pub const SHAPES: [Shape; 5] = [
    Shape {
        key: "1-1",
        across: 1,
        down: 1,
    },
    Shape {
        key: "4-3",
        across: 4,
        down: 3,
    },
    Shape {
        key: "3-4",
        across: 3,
        down: 4,
    },
    Shape {
        key: "16-9",
        across: 16,
        down: 9,
    },
    Shape {
        key: "9-16",
        across: 9,
        down: 16,
    },
];

impl Shape {
    /// For people.
    pub fn name(self) -> Message {
        if self.across == self.down {
            messages::size_square()
        } else {
            messages::text(format!("{}:{}", self.across, self.down))
        }
    }

    /// Width over height.
    pub fn ratio(self) -> f64 {
        f64::from(self.across) / f64::from(self.down)
    }

    /// The size in this shape whose longer side is about that of `size`, where drawings are enlarged;
    /// else the size with about the pixel count that the model was trained at.
    pub fn size(self, size: (u32, u32), limits: &Limits) -> (u32, u32) {
        if limits.enlarges {
            self.with_side(longer(size), limits)
        } else {
            self.drawn_size(limits)
        }
    }

    /// As much work and as good a picture as the square. Where a side would exceed the model's largest,
    /// the whole picture shrinks and keeps its shape.
    fn drawn_size(self, limits: &Limits) -> (u32, u32) {
        let pixels = f64::from(limits.recommended.width) * f64::from(limits.recommended.height);
        let width = (pixels * self.ratio()).sqrt();
        let height = width / self.ratio();
        let shrink = (f64::from(limits.side_max) / width.max(height)).min(1.0);
        (
            nearest(width * shrink, limits),
            nearest(height * shrink, limits),
        )
    }
}

/// The longer sides offered where drawings are enlarged, in pixels.
const SIDES: [u32; 5] = [256, 512, 1024, 2048, 4096];

/// The longer sides that the model can make.
pub fn sides(limits: &Limits) -> impl Iterator<Item = u32> {
    let makes = limits.side_min..=limits.side_max;
    SIDES.into_iter().filter(move |side| makes.contains(side))
}

/// The longer side of a size.
pub fn longer((width, height): (u32, u32)) -> u32 {
    width.max(height)
}

/// A size with another longer side, in the same shape.
pub fn resized(size: (u32, u32), side: u32, limits: &Limits) -> (u32, u32) {
    let shape = SHAPES
        .into_iter()
        .find(|shape| shape.with_side(longer(size), limits) == size);
    match shape {
        Some(shape) => shape.with_side(side, limits),
        None => scaled(size, side, limits),
    }
}

/// The size nearest to `size` that is offered where drawings are enlarged. The recommended one always
/// is.
pub fn offered(size: (u32, u32), limits: &Limits) -> (u32, u32) {
    let recommended = (limits.recommended.width, limits.recommended.height);
    // A side twice as long is as far as one half as long.
    let distance = |side: &u32| {
        (f64::from(*side) / f64::from(longer(size).max(1)))
            .ln()
            .abs()
    };
    match sides(limits).min_by(|one, other| distance(one).total_cmp(&distance(other))) {
        Some(side) if size != recommended => resized(size, side, limits),
        _ => size,
    }
}

impl Shape {
    fn with_side(self, side: u32, limits: &Limits) -> (u32, u32) {
        scaled((self.across, self.down), side, limits)
    }
}

/// A size of these proportions with this longer side, which may be too narrow for the model otherwise.
fn scaled(proportions: (u32, u32), side: u32, limits: &Limits) -> (u32, u32) {
    let longer = f64::from(longer(proportions).max(1));
    let length = |part: u32| nearest(f64::from(part.max(1)) * f64::from(side) / longer, limits);
    (length(proportions.0), length(proportions.1))
}

/// The side nearest to `pixels` that the model can make.
pub fn snap(pixels: u32, limits: &Limits) -> u32 {
    nearest(f64::from(pixels), limits)
}

/// The other side of a picture with one side of `side` pixels: `other`, or less where the model's
/// largest area would be exceeded.
pub fn beside(side: u32, other: u32, limits: &Limits) -> u32 {
    let patch = limits.patch.max(1);
    let room = limits.area_max / side.max(1) / patch * patch;
    other.min(room.max(patch))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped to the model's sides first, which are small and positive"
)]
fn nearest(pixels: f64, limits: &Limits) -> u32 {
    let patch = limits.patch.max(1);
    let smallest = limits.side_min.max(1).div_ceil(patch).max(1);
    let largest = (limits.side_max / patch).max(smallest);
    let patches = (pixels / f64::from(patch)).round();
    patches.clamp(f64::from(smallest), f64::from(largest)) as u32 * patch
}

#[cfg(test)]
mod tests {
    use image2_picture::Recipe;

    use super::*;

    fn limits(side: u32, side_max: u32, patch: u32) -> Limits {
        Limits {
            patch,
            side_min: 64,
            side_max,
            area_max: 4 * side * side,
            alpha: true,
            enlarges: false,
            recommended: Recipe {
                width: side,
                height: side,
                ..Recipe::default()
            },
        }
    }

    #[test]
    fn shapes_keep_the_pixel_count_and_the_patch() {
        let limits = limits(512, 1024, 16);
        for shape in SHAPES {
            let (width, height) = shape.drawn_size(&limits);
            assert_eq!((width % 16, height % 16), (0, 0), "{shape:?}");
            let pixels = f64::from(width * height) / f64::from(512 * 512);
            assert!(
                (0.95..1.05).contains(&pixels),
                "{shape:?}: {width} × {height}"
            );
        }
        assert_eq!(SHAPES[3].drawn_size(&limits), (688, 384));
        assert_eq!(SHAPES[4].drawn_size(&limits), (384, 688));
    }

    #[test]
    fn a_shape_too_long_for_the_model_shrinks_as_a_whole() {
        let limits = limits(256, 256, 16);
        assert_eq!(SHAPES[0].drawn_size(&limits), (256, 256));
        assert_eq!(SHAPES[1].drawn_size(&limits), (256, 192));
        assert_eq!(SHAPES[3].drawn_size(&limits), (256, 144));
    }

    #[test]
    fn a_typed_side_snaps_to_what_the_model_can_make() {
        let limits = limits(256, 500, 16);
        assert_eq!(snap(0, &limits), 64);
        assert_eq!(snap(250, &limits), 256);
        assert_eq!(snap(263, &limits), 256);
        assert_eq!(snap(u32::MAX, &limits), 496);
    }

    #[test]
    fn a_longer_side_shortens_the_other_to_the_largest_area() {
        let limits = limits(128, 512, 16);
        assert_eq!(beside(128, 128, &limits), 128);
        assert_eq!(beside(512, 512, &limits), 128);
        assert_eq!(beside(384, 384, &limits), 160);
    }

    #[test]
    fn an_enlarged_picture_changes_its_side_and_its_shape_by_itself() {
        let limits = Limits::default();
        assert_eq!(sides(&limits).collect::<Vec<_>>(), SIDES);
        let wide = SHAPES[3].size((1024, 1024), &limits);
        assert_eq!(wide, (1024, 576));
        assert_eq!(resized(wide, 4096, &limits), (4096, 2304));
        assert_eq!(resized(wide, 256, &limits), (256, 144));
        assert_eq!(SHAPES[4].size((256, 144), &limits), (144, 256));
        assert_eq!(SHAPES[0].size((144, 256), &limits), (256, 256));
        assert_eq!(
            resized((1000, 500), 512, &limits),
            (512, 256),
            "no shape offered"
        );
    }

    #[test]
    fn a_size_from_elsewhere_becomes_the_nearest_one_offered() {
        let mut limits = Limits::default();
        for (size, nearest) in [
            ((1024, 1024), (1024, 1024)),
            ((128, 128), (256, 256)),
            ((192, 96), (256, 128)),
            ((720, 720), (512, 512)),
            ((9000, 9), (4096, 64)),
            ((0, 0), (256, 256)),
        ] {
            assert_eq!(offered(size, &limits), nearest, "{size:?}");
        }
        (limits.recommended.width, limits.recommended.height) = (320, 200);
        assert_eq!(offered((320, 200), &limits), (320, 200));
        limits.side_max = 1500;
        assert_eq!(offered((4096, 4096), &limits), (1024, 1024));
    }

    #[test]
    fn contradictory_limits_do_not_panic() {
        let limits = Limits {
            patch: 0,
            side_min: 9,
            side_max: 0,
            ..Limits::default()
        };
        assert!(snap(100, &limits) > 0);
    }
}
