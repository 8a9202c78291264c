//! The weights, transformed.

use crate::cpu::panels::Panels;

/// Output channels of a panel.
pub(super) const LANES: usize = 8;
/// Positions in a transformed tile of 4 × 4.
pub(super) const POSITIONS: usize = 16;
/// Input channels are taken as many at a time.
pub(super) const STEP: usize = 8;

/// For a pair of input channels, the two values of each output of a panel.
pub(super) type Pairs = [[i16; 2]; LANES];

/// The largest value of a rounded input pixel, and of its transform.
pub(super) const X_MAX: i32 = 4095;
const V_MAX: i32 = 4 * X_MAX;
const U_MAX: i32 = 2047;

/// Transformed weights of 3 × 3 taps.
#[derive(Debug)]
pub(in crate::ops::conv2d) struct Filters {
    /// Input channels, whole steps.
    pub(super) channels: usize,
    /// `[outputs / LANES, POSITIONS, channels / 2]`, the last panel padded with zeros.
    values: Vec<Pairs>,
    /// Of each output.
    pub(super) scales: Vec<[f32; LANES]>,
}

impl Filters {
    /// More input channels would leave U fewer bits; more weights should rather stay in 8 bits than
    /// take four times as much memory.
    const CHANNELS_MAX: usize = 128;

    /// `None` for other kernels and too many channels.
    pub(in crate::ops::conv2d) fn new(
        matrix: &Panels,
        [outputs, columns]: [usize; 2],
        kernel: [usize; 2],
    ) -> Option<Self> {
        let inputs = columns / 9;
        if kernel != [3, 3] || inputs > Self::CHANNELS_MAX {
            return None;
        }
        let channels = inputs.next_multiple_of(STEP);
        let panels = outputs.div_ceil(LANES);
        // Sums over all channels fit into 32 bits.
        let largest = U_MAX.min(i32::MAX / (V_MAX * channels as i32));
        let mut values = vec![[[0; 2]; LANES]; panels * POSITIONS * channels / 2];
        let mut scales = vec![[0.0; LANES]; panels];
        let mut row = vec![0.0; columns];
        for output in 0..outputs {
            let (panel, lane) = (output / LANES, output % LANES);
            matrix.decode(output, &mut row);
            let of_inputs = (0..inputs)
                .map(|input| transformed(std::array::from_fn(|tap| row[tap * inputs + input])));
            let of_inputs: Vec<[f32; POSITIONS]> = of_inputs.collect();
            let all = of_inputs.iter().flatten();
            let magnitude = all.fold(0.0, |largest: f32, u| largest.max(u.abs()));
            let scale = magnitude / largest as f32;
            let inverse = if scale > 0.0 { 1.0 / scale } else { 0.0 };
            scales[panel][lane] = scale;
            for (input, of_input) in of_inputs.iter().enumerate() {
                for (position, u) in of_input.iter().enumerate() {
                    let place = (panel * POSITIONS + position) * channels / 2 + input / 2;
                    values[place][lane][input % 2] = (u * inverse).round() as i16;
                }
            }
        }
        Some(Self {
            channels,
            values,
            scales,
        })
    }

    /// Panel `n` at a position.
    #[inline(always)]
    pub(super) fn at(&self, n: usize, position: usize) -> &[Pairs] {
        let pairs = self.channels / 2;
        &self.values[(n * POSITIONS + position) * pairs..][..pairs]
    }
}

/// `G g Gᵀ` of 3 × 3 taps.
fn transformed(g: [f32; 9]) -> [f32; POSITIONS] {
    let along = |[a, b, c]: [f32; 3]| [a, 0.5 * (a + b + c), 0.5 * (a - b + c), c];
    let columns: [[f32; 4]; 3] = std::array::from_fn(|j| along([g[j], g[3 + j], g[6 + j]]));
    let lines: [[f32; 4]; 4] =
        std::array::from_fn(|i| along([columns[0][i], columns[1][i], columns[2][i]]));
    std::array::from_fn(|position| lines[position / 4][position % 4])
}
