//! Gaussian noise that is the same on every machine.
//!
//! # Specification
//! Value `i` of picture noise with seed `s` (64 bits):
//! 1. Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", 2011) with key
//!    `(s mod 2³², s div 2³²)` and counter `(b mod 2³², b div 2³², 0, 0)`, where `b = i div 4`,
//!    gives four words `w₀ … w₃`.
//! 2. `uⱼ = (wⱼ + ½) / 2³²`, in 64-bit floats, never 0 or 1.
//! 3. Box–Muller: for `(u₀, u₁)` and `(u₂, u₃)`, `r = √(−2 ln u)` of the first and
//!    `φ = 2π u` of the second give `r cos φ` and `r sin φ`.
//! 4. Value `i` is result `i mod 4`, rounded once to 32 bits.
//!
//! Logarithm, sine and cosine are those of `libm`, which is plain arithmetic and independent of the
//! platform's library. The layout is that of the picture tensor: channels, rows, columns. The
//! counter starts at each picture, so a picture of a batch equals the same picture alone.

const MULTIPLIERS: [u32; 2] = [0xD251_1F53, 0xCD9E_8D57];
const WEYL: [u32; 2] = [0x9E37_79B9, 0xBB67_AE85];

/// Philox4x32-10: four random words of a counter and a key.
fn philox(mut counter: [u32; 4], mut key: [u32; 2]) -> [u32; 4] {
    for _ in 0..10 {
        let [a, b] = [0, 1].map(|i| u64::from(MULTIPLIERS[i]) * u64::from(counter[2 * i]));
        counter = [
            (b >> 32) as u32 ^ counter[1] ^ key[0],
            b as u32,
            (a >> 32) as u32 ^ counter[3] ^ key[1],
            a as u32,
        ];
        key = [key[0].wrapping_add(WEYL[0]), key[1].wrapping_add(WEYL[1])];
    }
    counter
}

/// `count` values of the standard normal distribution.
#[must_use]
pub fn gaussian(seed: u64, count: usize) -> Vec<f32> {
    let key = [seed as u32, (seed >> 32) as u32];
    let blocks = 0..count.div_ceil(4) as u64;
    let mut values: Vec<f32> = blocks
        .flat_map(|block| {
            let u = philox([block as u32, (block >> 32) as u32, 0, 0], key)
                .map(|word| (f64::from(word) + 0.5) / 4_294_967_296.0);
            let [(a, b), (c, d)] = [[u[0], u[1]], [u[2], u[3]]].map(|[first, second]| {
                let radius = libm::sqrt(-2.0 * libm::log(first));
                let (sin, cos) = libm::sincos(std::f64::consts::TAU * second);
                (radius * cos, radius * sin)
            });
            [a, b, c, d].map(|value| value as f32)
        })
        .collect();
    values.truncate(count);
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Vectors of the authors' own library (Random123, `kat_vectors`).
    #[test]
    fn philox_known_answers() {
        assert_eq!(
            philox([0; 4], [0; 2]),
            [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]
        );
        assert_eq!(
            philox([u32::MAX; 4], [u32::MAX; 2]),
            [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]
        );
        assert_eq!(
            philox(
                [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344],
                [0xa409_3822, 0x299f_31d0]
            ),
            [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]
        );
    }

    #[test]
    fn a_longer_run_starts_like_a_shorter_one() {
        assert_eq!(gaussian(42, 7), gaussian(42, 4096)[..7]);
        assert_ne!(gaussian(42, 7), gaussian(42 << 32, 7));
    }

    #[test]
    fn mean_and_deviation_are_those_of_the_normal_distribution() {
        let values = gaussian(1, 100_000);
        let mean = values.iter().map(|&v| f64::from(v)).sum::<f64>() / 1e5;
        let variance = values
            .iter()
            .map(|&v| (f64::from(v) - mean).powi(2))
            .sum::<f64>()
            / 1e5;
        // Four standard errors of each estimate.
        assert!(mean.abs() < 4.0 / 1e5_f64.sqrt(), "mean {mean}");
        assert!(
            (variance - 1.0).abs() < 4.0 * (2.0 / 1e5_f64).sqrt(),
            "variance {variance}"
        );
    }
}
