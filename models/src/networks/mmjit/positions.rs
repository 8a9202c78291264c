//! Positions: rotary angles of text (1D) and picture (2D) tokens, and the picture's sine table.
//!
//! Everything here is computed on the processor in 64 bits and rounded once, so that every device
//! starts from the same numbers.

const THETA: f64 = 10_000.0;

/// Rows of a table for [`QkNormRope`](image2_shaders::ops::QkNormRope): the cosines of a token's angles,
/// then their sines.
fn table(angles: &[f64], head_dim: usize) -> Vec<f32> {
    angles
        .chunks(head_dim / 2)
        .flat_map(|row| {
            let of = |f: fn(f64) -> f64| row.iter().map(move |&angle| f(angle) as f32);
            of(libm::cos).chain(of(libm::sin))
        })
        .collect()
}

/// `[text_length, head_dim]`: the table of a text's tokens.
pub(super) fn text_table(text_length: usize, head_dim: usize) -> Vec<f32> {
    table(&text_angles(text_length, head_dim), head_dim)
}

/// `[rows × columns, head_dim]`: the table of a picture's patches, row by row.
pub(super) fn picture_table([rows, columns]: [usize; 2], head_dim: usize) -> Vec<f32> {
    table(&picture_angles(rows, columns, head_dim), head_dim)
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

/// `[rows × columns, head_dim / 2]`: the first half depends on the row, the second on the column.
fn picture_angles(rows: usize, columns: usize, head_dim: usize) -> Vec<f64> {
    let axis = move |position: usize| {
        frequencies(head_dim / 2).map(move |frequency| position as f64 * frequency)
    };
    (0..rows * columns)
        .flat_map(|i| axis(i / columns).chain(axis(i % columns)))
        .collect()
}

/// Fixed sine and cosine table of the patches' positions, added to their features.
///
/// # Shapes
/// - output: `[rows × columns, width]`: sines and cosines of the column, then of the row
pub(super) fn sincos_2d([rows, columns]: [usize; 2], width: usize) -> Vec<f32> {
    let quarter = width / 4;
    let axis = move |position: usize| {
        let angle =
            move |i: usize| position as f64 * libm::pow(THETA, -(i as f64) / quarter as f64);
        (0..quarter)
            .map(move |i| libm::sin(angle(i)))
            .chain((0..quarter).map(move |i| libm::cos(angle(i))))
    };
    (0..rows * columns)
        .flat_map(|i| axis(i % columns).chain(axis(i / columns)))
        .map(|value| value as f32)
        .collect()
}
