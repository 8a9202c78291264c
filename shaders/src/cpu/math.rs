//! Functions that the compiler can vectorize: the library's exponential is a call, and the compiler
//! must not reorder a sum.

/// The largest exponent of an f32, nearly.
const EXPONENT_MAX: f32 = 126.0;
/// Adding it rounds to an integer and leaves that in the lowest bits.
const ROUND: f32 = 12_582_912.0; // 1.5 · 2^23

/// 2^x with a relative error below 3 · 10⁻⁷, for x clamped to −126 … 126.
#[inline(always)]
pub(crate) fn exp2(x: f32) -> f32 {
    // Not `clamp`: wasm has instructions for these two comparisons.
    let x = if x < -EXPONENT_MAX { -EXPONENT_MAX } else { x };
    let x = if EXPONENT_MAX < x { EXPONENT_MAX } else { x };
    let rounded = x + ROUND;
    // From −½ to ½, where few terms of the series of e^(x ln 2) suffice.
    let x = x - (rounded - ROUND);
    let mut power = 1.540_353_e-4;
    for factor in [
        1.333_355_8e-3,
        9.618_129e-3,
        5.550_411e-2,
        2.402_265e-1,
        6.931_472e-1,
        1.0,
    ] {
        power = power * x + factor;
    }
    f32::from_bits(power.to_bits().wrapping_add(rounded.to_bits() << 23))
}

/// x / (1 + e^−x)
#[inline(always)]
pub(crate) fn silu(x: f32) -> f32 {
    x / (1.0 + exp2(-std::f32::consts::LOG2_E * x))
}

/// The sum of squares.
#[inline(always)]
pub(crate) fn square(x: &[f32]) -> f32 {
    let mut sums = [0.0; 8];
    let (eights, rest) = x.as_chunks::<8>();
    for eight in eights {
        for (sum, x) in sums.iter_mut().zip(eight) {
            *sum += x * x;
        }
    }
    sums.iter().sum::<f32>() + rest.iter().map(|x| x * x).sum::<f32>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers_are_as_close_as_single_precision_allows() {
        for i in -126_000..=126_000 {
            let x = i as f32 / 1000.0;
            let exact = f64::from(x).exp2();
            let error = (f64::from(exp2(x)) / exact - 1.0).abs();
            assert!(error < 3e-7, "2^{x}: {error:e}");
        }
        assert_eq!(exp2(0.0), 1.0);
        assert_eq!(exp2(-1000.0), exp2(-126.0));
        assert!(exp2(f32::NEG_INFINITY) < 1.2e-38);
    }

    #[test]
    fn silu_is_exact_at_zero_and_saturates() {
        assert_eq!(silu(0.0), 0.0);
        assert!(silu(-200.0).abs() < 1e-30 && silu(200.0) == 200.0);
        for x in [-9.0_f32, -1.0, -0.1, 0.1, 1.0, 9.0] {
            let exact = f64::from(x) / (1.0 + (-f64::from(x)).exp());
            assert!((f64::from(silu(x)) - exact).abs() < 1e-6, "{x}");
        }
    }
}
