//! The transforms of the input and of the output.

use super::filters::{LANES, POSITIONS, STEP, X_MAX};
use super::{COLUMNS, LINES, SIDE_BY_SIDE, Sums, TILES};
use crate::ops::conv2d::cpu::Work;

/// A step of channels of one pixel.
type Step = [i16; STEP];
type Lanes = [f32; LANES];

/// Input columns of a unit.
const WIDTH: usize = COLUMNS + 2;

/// The input pixels of a unit, rounded: `[LINES + 2, WIDTH, channels]`.
pub(super) struct Lines {
    channels: usize,
    values: Vec<i16>,
}

impl Lines {
    pub(super) fn new(channels: usize) -> Self {
        Self {
            channels,
            values: vec![0; (LINES + 2) * WIDTH * channels],
        }
    }

    /// Rounds the input of `size` outputs from `first` on; returns its scale.
    #[inline(always)]
    pub(super) fn round(&mut self, work: &Work<'_>, first: [usize; 2], size: [usize; 2]) -> f32 {
        let (x, [before, _], (values, stride)) = (work.op.x, work.op.padding, work.x);
        let inputs = x.channels;
        // Lines and columns inside of the image, and where they are in the unit.
        let inside = |i: usize| {
            let end = (first[i] + size[i] + 2).saturating_sub(before);
            let begin = first[i].saturating_sub(before).min(x.size[i]);
            begin..end.clamp(begin, x.size[i])
        };
        let [lines, columns] = [inside(0), inside(1)];
        let corner = [lines.start, columns.start].map(|begin| begin + before);
        let corner = [0, 1].map(|i| corner[i].saturating_sub(first[i]));
        // Pixels without gaps are taken as one.
        let whole = stride == inputs && self.channels == inputs;
        let (count, length) = match whole {
            true => (1, columns.len() * inputs),
            false => (columns.len(), inputs),
        };
        let from = |line: usize, i: usize| {
            let first = (line * x.size[1] + columns.start + i) * stride;
            &values[first..][..length]
        };
        let mut bits = 0;
        for (line, i) in lines
            .clone()
            .flat_map(|line| (0..count).map(move |i| (line, i)))
        {
            let most = |bits: u32, x: &f32| bits.max(x.to_bits() & (u32::MAX >> 1));
            bits = from(line, i).iter().fold(bits, most);
        }
        let largest = f32::from_bits(bits);
        let inverse = if largest == 0.0 {
            0.0
        } else {
            X_MAX as f32 / largest
        };
        if lines.len() < size[0] + 2 || columns.len() < size[1] + 2 || self.channels > inputs {
            self.values.fill(0);
        }
        for (k, line) in lines.enumerate() {
            for i in 0..count {
                let place = (corner[0] + k) * WIDTH + corner[1] + i;
                let to = &mut self.values[place * self.channels..][..length];
                for (to, x) in to.iter_mut().zip(from(line, i)) {
                    *to = nearest(x * inverse);
                }
            }
        }
        largest / X_MAX as f32
    }
}

/// The nearest integer of a number below 2^15.
#[inline(always)]
fn nearest(x: f32) -> i16 {
    /// Adding it rounds to an integer and leaves that in the lowest bits.
    const ROUND: f32 = 12_582_912.0; // 1.5 · 2^23
    (x + ROUND).to_bits() as i16
}

/// Transformed tiles, `[POSITIONS, TILES, channels]`.
pub(super) struct Tiles {
    channels: usize,
    /// From one position to the next: not a power of two, so that positions do not compete for places
    /// in the cache.
    stride: usize,
    values: Vec<[i16; 2]>,
}

impl Tiles {
    pub(super) fn new(channels: usize) -> Self {
        let stride = TILES * channels / 2 + 16;
        Self {
            channels,
            stride,
            values: vec![[0; 2]; POSITIONS * stride],
        }
    }

    /// Transforms the input of `size` outputs; returns the number of tiles, line by line.
    #[inline(always)]
    pub(super) fn transform(&mut self, lines: &Lines, size: [usize; 2]) -> usize {
        let [down, across] = size.map(|side| side.div_ceil(2));
        let line = WIDTH * self.channels;
        for (i, channel) in
            (0..down).flat_map(|i| (0..self.channels).step_by(STEP).map(move |c| (i, c)))
        {
            // A column of Bᵀ d, of which two are the next tile's, too.
            let column = |j: usize| {
                let at = |u: usize| -> &Step {
                    let place = (2 * i + u) * line + j * self.channels + channel;
                    lines.values[place..]
                        .first_chunk()
                        .expect("a step of channels")
                };
                along([at(0), at(1), at(2), at(3)])
            };
            let [mut t0, mut t1] = [column(0), column(1)];
            for j in 0..across {
                let [t2, t3] = [column(2 * j + 2), column(2 * j + 3)];
                for u in 0..4 {
                    let v = along([&t0[u], &t1[u], &t2[u], &t3[u]]);
                    for (k, v) in v.iter().enumerate() {
                        let place = (4 * u + k) * self.stride
                            + ((i * across + j) * self.channels + channel) / 2;
                        self.values[place..][..STEP / 2].copy_from_slice(v.as_chunks().0);
                    }
                }
                [t0, t1] = [t2, t3];
            }
        }
        down * across
    }

    /// Tiles from `tile` on at a position.
    #[inline(always)]
    pub(super) fn at(&self, position: usize, tile: usize) -> [&[[i16; 2]]; SIDE_BY_SIDE] {
        let pairs = self.channels / 2;
        let values = &self.values[position * self.stride + tile * pairs..][..SIDE_BY_SIDE * pairs];
        let (first, rest) = values.split_at(pairs);
        let (second, rest) = rest.split_at(pairs);
        let (third, fourth) = rest.split_at(pairs);
        [first, second, third, fourth]
    }
}

/// `Bᵀ` times a column.
#[inline(always)]
fn along([d0, d1, d2, d3]: [&Step; 4]) -> [Step; 4] {
    let mut t = [[0; STEP]; 4];
    for i in 0..STEP {
        t[0][i] = d0[i] - d2[i];
        t[1][i] = d1[i] + d2[i];
        t[2][i] = d2[i] - d1[i];
        t[3][i] = d1[i] - d3[i];
    }
    t
}

/// `Aᵀ m A` of one tile, times the scales.
#[inline(always)]
pub(super) fn outputs(sums: &Sums, tile: usize, scales: &Lanes) -> [[Lanes; 2]; 2] {
    let mut columns = [[[0.0; LANES]; 4]; 2];
    for v in 0..4 {
        let [m0, m1, m2, m3] = [
            &sums[v][tile],
            &sums[4 + v][tile],
            &sums[8 + v][tile],
            &sums[12 + v][tile],
        ];
        for i in 0..LANES {
            let [m0, m1, m2, m3] = [m0[i] as f32, m1[i] as f32, m2[i] as f32, m3[i] as f32];
            columns[0][v][i] = m0 + m1 + m2;
            columns[1][v][i] = m1 - m2 - m3;
        }
    }
    let mut outputs = [[[0.0; LANES]; 2]; 2];
    for (outputs, [m0, m1, m2, m3]) in outputs.iter_mut().zip(columns) {
        for i in 0..LANES {
            outputs[0][i] = (m0[i] + m1[i] + m2[i]) * scales[i];
            outputs[1][i] = (m1[i] - m2[i] - m3[i]) * scales[i];
        }
    }
    outputs
}
