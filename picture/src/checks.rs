//! Validation of a network's output before it is shown. A failure must never appear as a black
//! picture.

use crate::Picture;

/// A fault in a network's output.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum Fault {
    /// A value is NaN or infinite.
    #[error("value {index} is not finite")]
    NonFinite {
        /// Index of the first such value.
        index: usize,
    },
    /// All values are equal, as after a lost device or from an unwritten buffer.
    #[error("all values are {value}")]
    Constant {
        /// The smallest value.
        value: f32,
    },
}

/// Largest range of values that still counts as constant. Two adjacent shades are 2/255 apart.
const CONSTANT_WITHIN: f32 = 1e-6;

/// Finds a fault in `values`. An empty slice and a single finite value have none.
pub fn find_fault(values: &[f32]) -> Option<Fault> {
    // Tests the exponent bits, because a compiler that assumes finite numbers may fold `x != x`.
    let is_finite = |x: f32| x.to_bits() & 0x7f80_0000 != 0x7f80_0000;
    let non_finite = values.iter().position(|&x| !is_finite(x));
    let (&value, rest) = match non_finite {
        Some(_) => return fault_of(non_finite, [0.0; 2]),
        None => values.split_first().filter(|(_, rest)| !rest.is_empty())?,
    };
    let ends = |[low, high]: [f32; 2], x: &f32| [low.min(*x), high.max(*x)];
    fault_of(None, rest.iter().fold([value; 2], ends))
}

/// Like [`find_fault`], from statistics that were computed elsewhere: `non_finite` is the index of
/// the first NaN or infinite value, and `low` and `high` bound all others.
pub fn fault_of(non_finite: Option<usize>, [low, high]: [f32; 2]) -> Option<Fault> {
    match non_finite {
        Some(index) => Some(Fault::NonFinite { index }),
        None => (high - low <= CONSTANT_WITHIN).then_some(Fault::Constant { value: low }),
    }
}

/// Peak signal-to-noise ratio in decibels; infinite for equal pictures. Colours are weighted by
/// alpha, so invisible differences do not count.
///
/// # Panics
/// If the pictures differ in size.
pub fn psnr(a: &Picture, b: &Picture) -> f64 {
    assert_eq!(
        (a.width(), a.height()),
        (b.width(), b.height()),
        "sizes of pictures to compare"
    );
    let premultiplied = |&[r, g, b, alpha]: &[u8; 4]| {
        let alpha = f64::from(alpha) / 255.0;
        [r, g, b]
            .map(|c| f64::from(c) / 255.0 * alpha)
            .into_iter()
            .chain([alpha])
    };
    let pairs = a
        .pixels()
        .flat_map(premultiplied)
        .zip(b.pixels().flat_map(premultiplied));
    let squares: f64 = pairs.map(|(x, y)| (x - y) * (x - y)).sum();
    -10.0 * (squares / a.rgba().len() as f64).log10()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_found() {
        assert_eq!(find_fault(&[0.0, 0.5, -1.0]), None);
        assert_eq!(find_fault(&[]), None);
        assert_eq!(find_fault(&[1.0]), None);
        for bad in [
            f32::NAN,
            -f32::NAN,
            f32::INFINITY,
            f32::NEG_INFINITY,
            f32::from_bits(0x7f80_0001),
        ] {
            assert_eq!(
                find_fault(&[0.0, 1.0, bad, bad]),
                Some(Fault::NonFinite { index: 2 })
            );
        }
        assert_eq!(find_fault(&[f32::MAX, f32::MIN]), None);
        assert_eq!(find_fault(&[0.5; 9]), Some(Fault::Constant { value: 0.5 }));
        assert_eq!(
            find_fault(&[0.0, 9e-7]),
            Some(Fault::Constant { value: 0.0 })
        );
        assert_eq!(find_fault(&[0.0, 2e-6]), None);
    }

    #[test]
    fn psnr_follows_its_formula() {
        let picture = |pixel: [u8; 4]| Picture::new(2, 1, [pixel; 2].concat()).expect("two pixels");
        let (black, white) = (picture([0, 0, 0, 255]), picture([255; 4]));
        assert_eq!(psnr(&black, &black), f64::INFINITY);
        // Three of four channels differ by the full range.
        assert!((psnr(&black, &white) - 10.0 * (4.0_f64 / 3.0).log10()).abs() < 1e-9);
        assert_eq!(
            psnr(&picture([9, 9, 9, 0]), &picture([200, 0, 50, 0])),
            f64::INFINITY
        );
    }
}
