//! The products of each instruction set agree, and the transforms with the definition.

use super::filters::{Filters, LANES, Pairs};
use super::{SIDE_BY_SIDE, portable};

/// Values that use all bits that products may have.
fn values(count: usize, most: i32) -> Vec<i16> {
    let value = |i: usize| (i as i32 * 7919 % (2 * most + 1) - most) as i16;
    (0..count).map(value).collect()
}

#[cfg(target_arch = "x86_64")]
#[test]
fn avx2_gives_the_same_sums() {
    if !std::is_x86_feature_detected!("avx2") {
        return;
    }
    for pairs in [4, 32, 64] {
        let most = 2047.min(i32::MAX / (16380 * 2 * pairs));
        let pairs = pairs as usize;
        let weights = values(2 * LANES * pairs, most);
        let weights: Vec<Pairs> = weights.as_chunks::<2>().0.as_chunks().0.to_vec();
        let tiles = values(2 * SIDE_BY_SIDE * pairs, 16380);
        let (tiles, _) = tiles.as_chunks::<2>();
        let tiles = std::array::from_fn(|i| &tiles[i * pairs..][..pairs]);
        let [mut expected, mut found] = [[[1; LANES]; SIDE_BY_SIDE]; 2];
        portable::product(&weights, tiles, &mut expected);
        // SAFETY: the processor has AVX2.
        unsafe { super::avx2::product(&weights, tiles, &mut found) };
        assert_eq!(found, expected);
    }
}

/// The largest sum that weights and pixels can have does not overflow.
#[test]
fn sums_fit_into_32_bits() {
    for inputs in [1, 64, 100, 128] {
        let weights = vec![1.0; 9 * inputs];
        let blocks = image2_package::blocks::encode(
            &weights,
            1,
            9 * inputs,
            image2_package::blocks::Format::F32,
        );
        let blocks = blocks.expect("finite values");
        let bytes = crate::WeightBytes {
            format: blocks.format,
            rows: 1,
            columns: 9 * inputs,
            values: &blocks.values,
            scales: &[],
        };
        let panels = crate::cpu::panels::Panels::new(&bytes);
        let filters = Filters::new(&panels, [1, 9 * inputs], [3, 3]).expect("few channels");
        // Position 5 holds the sum of all taps, 9/4.
        let largest: i64 = filters
            .at(0, 5)
            .iter()
            .flat_map(|pairs| pairs[0])
            .map(i64::from)
            .sum();
        assert!(largest * 16380 <= i64::from(i32::MAX), "{largest}");
        assert!(largest >= 512 * inputs as i64, "{largest}");
    }
}
