//! The passes that enlarge a picture to a size: pure arithmetic, known before any work.
//!
//! A network enlarges by its factor, 4. The first pass takes the picture as it is. If more passes
//! follow, its result is averaged to a quarter of the next pass's output, a quarter of a quarter
//! for three, and so on, so that the cost follows the size asked for; if none follows, to that
//! size. No detail of the given picture is lost, and every later pass is exact: four output pixels
//! an input pixel.

/// Pixels of the enlarged picture that one pixel of a pass's output covers, as a fraction in lowest
/// terms; at least 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ratio {
    /// Numerator.
    pub enlarged: u32,
    /// Denominator.
    pub output: u32,
}

impl Ratio {
    /// One output pixel for each enlarged pixel.
    pub const ONE: Self = Self {
        enlarged: 1,
        output: 1,
    };

    fn new(enlarged: u32, output: u32) -> Self {
        let divisor = greatest_common_divisor(enlarged, output);
        Self {
            enlarged: enlarged / divisor,
            output: output / divisor,
        }
    }
}

fn greatest_common_divisor(a: u32, b: u32) -> u32 {
    match b {
        0 => a,
        b => greatest_common_divisor(b, a % b),
    }
}

/// One side of one pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Side {
    /// Pixels of the input.
    pub input: u32,
    /// Pixels of the output.
    pub output: u32,
    /// Enlarged pixels for each output pixel. Where they do not divide, the last output pixel
    /// extends beyond the picture.
    pub ratio: Ratio,
}

/// One pass: rows, columns.
pub type Pass = [Side; 2];

/// The passes from a picture of `[height, width]` to another size, by a network of this `factor`;
/// none where the sizes are equal.
///
/// # Panics
/// If a side of the target is shorter than the picture's, or zero.
#[must_use]
pub fn passes(from: [u32; 2], to: [u32; 2], factor: u32) -> Vec<Pass> {
    assert!(
        from.iter()
            .zip(&to)
            .all(|(from, to)| (1..=*to).contains(from)),
        "from {from:?} to {to:?} is no enlargement"
    );
    if from == to {
        return Vec::new();
    }
    let mut count = 1;
    while (0..2).any(|i| from[i] * factor.pow(count) < to[i]) {
        count += 1;
    }
    (1..=count)
        .map(|pass| [0, 1].map(|i| side(from[i], to[i], factor, pass, count)))
        .collect()
}

fn side(from: u32, to: u32, factor: u32, pass: u32, count: u32) -> Side {
    // After this pass the picture is the last one divided by the factors of the passes that follow.
    let after = |pass: u32| to.div_ceil(factor.pow(count - pass));
    match pass {
        1 => Side {
            input: from,
            output: after(1),
            ratio: Ratio::new(from * factor.pow(count), to),
        },
        _ => Side {
            input: after(pass - 1),
            output: after(pass),
            ratio: Ratio::ONE,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outputs(from: u32, to: u32) -> Vec<[u32; 2]> {
        let passes = passes([from; 2], [to; 2], 4);
        passes
            .iter()
            .map(|[rows, _]| [rows.input, rows.output])
            .collect()
    }

    #[test]
    fn cost_follows_the_output() {
        assert_eq!(outputs(64, 64), [[0; 2]; 0]);
        assert_eq!(outputs(64, 128), [[64, 128]]);
        assert_eq!(outputs(64, 256), [[64, 256]]);
        assert_eq!(outputs(64, 512), [[64, 128], [128, 512]]);
        assert_eq!(outputs(64, 1024), [[64, 256], [256, 1024]]);
        assert_eq!(outputs(64, 1001), [[64, 251], [251, 1001]]);
        assert_eq!(outputs(64, 2048), [[64, 128], [128, 512], [512, 2048]]);
        assert_eq!(outputs(64, 4096), [[64, 256], [256, 1024], [1024, 4096]]);
        assert_eq!(outputs(1000, 4096), [[1000, 1024], [1024, 4096]]);
        assert_eq!(outputs(1024, 1500), [[1024, 1500]]);
    }

    #[test]
    fn passes_continue_each_other_and_only_the_first_one_shrinks() {
        for from in [1, 2, 7, 64, 100, 255] {
            for to in (from..700).chain([1023, 1024, 4095, 4096]) {
                let chain = passes([from, 2 * from], [to, 2 * to], 4);
                for i in 0..2 {
                    let mut length = from * (i as u32 + 1);
                    for (number, pass) in chain.iter().enumerate() {
                        let Side {
                            input,
                            output,
                            ratio,
                        } = pass[i];
                        assert_eq!(input, length);
                        assert!(number == 0 || ratio == Ratio::ONE, "{from} to {to}");
                        // The output covers the enlarged picture, with its last pixel at most in
                        // part.
                        let covered = |pixels: u32| pixels * ratio.enlarged;
                        let enlarged = 4 * input * ratio.output;
                        let exact = covered(output) == enlarged;
                        assert!(exact || number > 0 || covered(output) > enlarged);
                        assert!(covered(output - 1) < enlarged, "{from} to {to}: {pass:?}");
                        length = output;
                    }
                    assert_eq!(length, to * (i as u32 + 1));
                }
            }
        }
    }

    #[test]
    #[should_panic(expected = "no enlargement")]
    fn a_smaller_target_is_a_mistake_of_the_caller() {
        let _ = passes([64, 64], [64, 32], 4);
    }
}
