//! Known bytes, error bounds and the refusal of values that are not finite.

use proptest::prelude::*;

use super::*;

const FORMATS: [Format; 4] = [Format::F32, Format::F16, Format::Q8, Format::Q4];

#[test]
fn q4_bytes_are_as_the_kernel_reads_them() {
    // The extreme is -8, so the scale is 1 and every value an integer.
    let matrix: Vec<f32> = (0..32).map(|i| (i % 16) as f32 - 8.0).collect();
    let blocks = encode(&matrix, 1, 32, Format::Q4).expect("finite");
    assert_eq!(blocks.scales, [f16::ONE]);
    let words: Vec<u32> = blocks
        .values
        .as_chunks()
        .0
        .iter()
        .map(|bytes| u32::from_le_bytes(*bytes))
        .collect();
    assert_eq!(words, [0x7654_3210, 0xfedc_ba98, 0x7654_3210, 0xfedc_ba98]);
    assert_eq!(blocks.decode(), matrix);
}

#[test]
fn blocks_are_block_major_and_padded() {
    let (rows, cols) = (3, 33);
    let matrix: Vec<f32> = (0..rows * cols).map(|i| i as f32).collect();
    let blocks = encode(&matrix, rows, cols, Format::F32).expect("finite");
    let words: Vec<f32> = blocks
        .values
        .as_chunks()
        .0
        .iter()
        .map(|bytes| f32::from_le_bytes(*bytes))
        .collect();
    assert_eq!(words.len(), 2 * rows * BLOCK);
    assert_eq!(
        words[BLOCK], matrix[cols],
        "row 1 follows row 0 within block 0"
    );
    assert_eq!(
        words[rows * BLOCK],
        matrix[32],
        "block 1 follows all rows of block 0"
    );
    assert_eq!(&words[rows * BLOCK + 1..(rows + 1) * BLOCK], &[0.0; 31]);
    assert_eq!(blocks.decode(), matrix);
}

#[test]
fn padding_decodes_to_zero_in_the_quantized_formats() {
    for (format, zero) in [(Format::Q4, 0x88), (Format::Q8, 0)] {
        let blocks = encode(&[1.0; 2], 1, 2, format).expect("finite");
        assert!(
            blocks.values[2..].iter().all(|&byte| byte == zero),
            "{format:?}"
        );
    }
}

#[test]
fn zero_blocks_have_scale_zero() {
    for format in [Format::Q8, Format::Q4] {
        let blocks = encode(&[0.0; 64], 2, 32, format).expect("finite");
        assert_eq!(blocks.scales, [f16::ZERO; 2]);
        assert_eq!(blocks.decode(), [0.0; 64]);
    }
}

#[test]
fn values_that_are_not_finite_are_refused_with_their_place() {
    for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        for format in FORMATS {
            let mut matrix = [0.5; 2 * 40];
            matrix[40 + 35] = bad;
            assert_eq!(
                encode(&matrix, 2, 40, format),
                Err(NotFinite { row: 1, col: 35 })
            );
        }
    }
    // Finite in f32, infinite in the stored format.
    assert_eq!(
        encode(&[0.0, 7e4], 1, 2, Format::F16),
        Err(NotFinite { row: 0, col: 1 })
    );
    assert_eq!(
        encode(&[0.0, 1e7], 1, 2, Format::Q8),
        Err(NotFinite { row: 0, col: 1 })
    );
    assert_eq!(
        encode(&[0.0, -1e6], 1, 2, Format::Q4),
        Err(NotFinite { row: 0, col: 1 })
    );
}

#[test]
fn the_q4_search_beats_its_start_on_gaussian_weights() {
    // A linear congruential generator; the sum of twelve uniforms is nearly Gaussian.
    let mut state = 1_u32;
    let mut uniform = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 24) as f32
    };
    let matrix: Vec<f32> = (0..64 * 1024)
        .map(|_| 0.02 * ((0..12).map(|_| uniform()).sum::<f32>() - 6.0))
        .collect();
    let decoded = encode(&matrix, 64, 1024, Format::Q4)
        .expect("finite")
        .decode();
    let error: f32 = matrix
        .iter()
        .zip(&decoded)
        .map(|(x, y)| (x - y) * (x - y))
        .sum();
    let start: f32 = matrix.as_chunks().0.iter().map(q4_0_error).sum();
    assert!(error < 0.9 * start, "{error} against {start}");
}

/// The squared error of ggml's Q4_0 under this format's rule for scales.
fn q4_0_error(block: &[f32; BLOCK]) -> f32 {
    let scale = storable(block[largest(block)] / -8.0)
        .expect("in range")
        .to_f32();
    let error = |x: f32| x - (x / scale).round().clamp(-8.0, 7.0) * scale;
    block.iter().map(|&x| error(x) * error(x)).sum()
}

/// Matrices with odd shapes and magnitudes from below f16's subnormals to well above one.
fn matrices() -> impl Strategy<Value = (usize, usize, Vec<f32>)> {
    (1..5_usize, 1..100_usize, -30..12_i32).prop_flat_map(|(rows, cols, exponent)| {
        let value = (-1.0..1.0_f32).prop_map(move |x| x * (exponent as f32).exp2());
        (
            Just(rows),
            Just(cols),
            prop::collection::vec(value, rows * cols),
        )
    })
}

proptest! {
    #[test]
    fn errors_are_bounded((rows, cols, matrix) in matrices()) {
        for format in FORMATS {
            let blocks = encode(&matrix, rows, cols, format).expect("finite");
            let count = rows * blocks_per_row(cols);
            prop_assert_eq!(blocks.values.len(), count * format.block_bytes());
            prop_assert_eq!(blocks.scales.len(), if format.has_scales() { count } else { 0 });
            for (i, (&x, &y)) in matrix.iter().zip(&blocks.decode()).enumerate() {
                let scale = || blocks.scales[(i % cols) / BLOCK * rows + i / cols].to_f32();
                let bound = match format {
                    Format::F32 => 0.0,
                    // Half a unit in the last place; below the normal numbers, of 2^-24.
                    Format::F16 => (x.abs() * 2.0_f32.powi(-11)).max(2.0_f32.powi(-25)),
                    // Rounding to the nearest step, and the rounding of that arithmetic.
                    Format::Q8 if scale() != 0.0 => 0.5 * scale() + x.abs() * 1e-6,
                    Format::Q4 if scale() != 0.0 => {
                        let (y, step) = (y / scale(), scale().abs());
                        // Clipped values are bounded by the squared error below instead.
                        if y <= -7.9 || y >= 6.9 { x.abs() } else { 0.5 * step + x.abs() * 1e-6 }
                    }
                    // A zero scale: everything was under half of the smallest one.
                    Format::Q8 | Format::Q4 => 0.5 * f16::MIN_POSITIVE.to_f32(),
                };
                prop_assert!((x - y).abs() <= bound, "{format:?} [{i}]: {x} -> {y}, {bound}");
            }
        }
    }

    #[test]
    fn scales_are_zero_or_normal((rows, cols, matrix) in matrices()) {
        for format in [Format::Q8, Format::Q4] {
            for scale in encode(&matrix, rows, cols, format).expect("finite").scales {
                prop_assert!(scale == f16::ZERO || scale.is_normal());
            }
        }
    }

    #[test]
    fn q4_is_never_worse_than_its_start(block in prop::array::uniform32(-1.0..1.0_f32)) {
        let decoded = encode(&block, 1, BLOCK, Format::Q4).expect("finite").decode();
        let error: f32 = block.iter().zip(&decoded).map(|(x, y)| (x - y) * (x - y)).sum();
        prop_assert!(error <= q4_0_error(&block) * 1.000_01);
    }

    #[test]
    fn rows_decode_alone((rows, cols, matrix) in matrices()) {
        for format in FORMATS {
            let blocks = encode(&matrix, rows, cols, format).expect("finite");
            let mut row = vec![0.0; cols];
            decode_rows(format, rows, cols, &blocks.values, &blocks.scale_bytes(), rows - 1, &mut row);
            prop_assert_eq!(&row, &blocks.decode()[(rows - 1) * cols..]);
        }
    }
}
