//! Positions: rotary angles of text (1D) and picture (2D) tokens, and the picture's sine table.
//!
//! Everything here is computed on the processor, in 64 bits and rounded once, so that every
//! device starts from the same numbers.

use burn::tensor::{Device, Tensor};

use super::layers::upload;

const THETA: f64 = 10_000.0;

/// Cosines and sines of a sequence of tokens, `[1, 1, length, head_dim]` each.
#[derive(Clone, Debug)]
pub(super) struct Rotary {
    cos: Tensor<4>,
    sin: Tensor<4>,
}

impl Rotary {
    /// Angles of `text_length` text tokens.
    pub(super) fn text(text_length: usize, head_dim: usize, device: &Device) -> Self {
        Self::new(text_angles(text_length, head_dim), head_dim, device)
    }

    /// Angles of the joint sequence: text first, then the rows of the picture's patches.
    pub(super) fn joint(
        text_length: usize,
        [rows, columns]: [usize; 2],
        head_dim: usize,
        device: &Device,
    ) -> Self {
        let mut angles = text_angles(text_length, head_dim);
        angles.extend(picture_angles(rows, columns, head_dim));
        Self::new(angles, head_dim, device)
    }

    fn new(angles: Vec<f64>, head_dim: usize, device: &Device) -> Self {
        let shape = [1, 1, angles.len() / (head_dim / 2), head_dim];
        // Both halves of a head turn by the same angles.
        let table = |of: fn(f64) -> f64| {
            let rows = angles.chunks(head_dim / 2);
            rows.flat_map(|row| row.iter().chain(row).map(|&angle| of(angle) as f32))
                .collect()
        };
        Self {
            cos: upload(table(libm::cos), shape, device),
            sin: upload(table(libm::sin), shape, device),
        }
    }

    /// `x cos + rotate_half(x) sin`, where `rotate_half([a, b]) = [−b, a]`.
    ///
    /// # Shapes
    /// - x and output: `[batch, heads, length, head_dim]`
    pub(super) fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let half = x.dims()[3] / 2;
        let (a, b) = (
            x.clone().narrow(3, 0, half),
            x.clone().narrow(3, half, half),
        );
        x * self.cos.clone() + Tensor::cat(vec![-b, a], 3) * self.sin.clone()
    }
}

/// `position / θ^(2i / dim)` for i below `dim / 2`, rounded as the reference rounds.
fn frequencies(dim: usize) -> impl Iterator<Item = f64> {
    (0..dim / 2).map(move |i| f64::from(libm::pow(THETA, -((2 * i) as f64) / dim as f64) as f32))
}

/// `[length, head_dim / 2]`
fn text_angles(length: usize, head_dim: usize) -> Vec<f64> {
    (0..length)
        .flat_map(|position| {
            frequencies(head_dim).map(move |frequency| position as f64 * frequency)
        })
        .collect()
}

/// `[rows × columns, head_dim / 2]`: the first half turns with the row, the second with the column.
fn picture_angles(rows: usize, columns: usize, head_dim: usize) -> Vec<f64> {
    let axis = move |position: usize| {
        frequencies(head_dim / 2).map(move |frequency| position as f64 * frequency)
    };
    (0..rows * columns)
        .flat_map(|i| axis(i / columns).chain(axis(i % columns)))
        .collect()
}

/// Fixed sine and cosine table of the patches' places, added to their features.
///
/// # Shapes
/// - output: `[1, rows × columns, width]`: sines and cosines of the column, then of the row
pub(super) fn sincos_2d([rows, columns]: [usize; 2], width: usize, device: &Device) -> Tensor<3> {
    let quarter = width / 4;
    let axis = move |position: usize| {
        let angle =
            move |i: usize| position as f64 * libm::pow(THETA, -(i as f64) / quarter as f64);
        (0..quarter)
            .map(move |i| libm::sin(angle(i)))
            .chain((0..quarter).map(move |i| libm::cos(angle(i))))
    };
    let places = 0..rows * columns;
    let values = places
        .flat_map(|i| axis(i % columns).chain(axis(i / columns)))
        .map(|value| value as f32)
        .collect();
    upload(values, [1, rows * columns, width], device)
}
