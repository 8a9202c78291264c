//! Fills in `packed.wgsl`.

use image2_package::blocks::{BLOCK, Format};

use super::super::kernel::{Source, lines};
use super::variant::{INVOCATIONS, Variant};
use crate::tuning::Tile;

const TEMPLATE: &str = concat!(include_str!("../linear.wgsl"), include_str!("packed.wgsl"));
/// Vectors of four values in a block.
const QUADS: usize = BLOCK / 4;

/// The holes that are this way's own.
///
/// # Panics
/// If the weights are no whole numbers, or an invocation cannot take one block of one row.
pub(super) fn source(variant: Variant) -> Source {
    let whole = matches!(variant.format, Format::Q8 | Format::Q4);
    assert!(whole && [4, 8].contains(&variant.tile.rows), "{variant:?}");
    let bits = (0..QUADS).map(|q| format!("magnitude(four_{q})"));
    let squares = (0..QUADS).map(|q| format!("dot(four_{q}, four_{q})"));
    Source::new("linear", TEMPLATE)
        .fill("invocations", INVOCATIONS)
        .fill("enable", "")
        .fill("read_x", read_x())
        .fill("largest", nested("max", bits))
        .fill("round_x", round_x(variant.format))
        .fill(
            "square",
            match variant.normed {
                true => squares.collect::<Vec<_>>().join(" + "),
                false => "0.0".into(),
            },
        )
        .fill("widen", widen(variant.format))
        .fill("declare", lines(variant.sums()))
        .fill("load", load(variant))
        .fill("multiply", multiply(variant))
        .fill("norms", norms(variant))
}

/// `f(a, f(b, f(c, …)))`
fn nested(function: &str, values: impl DoubleEndedIterator<Item = String>) -> String {
    values
        .rev()
        .reduce(|inner, value| format!("{function}({value}, {inner})"))
        .unwrap_or_default()
}

fn read_x() -> String {
    lines((0..QUADS).map(|q| format!("let four_{q} = x_at(part, row, k + {}u);", 4 * q)))
}

/// Words of x in the order in which the weights' values come.
fn round_x(format: Format) -> String {
    let word = |at: usize| match format {
        // A word of q4 holds the even values of eight in its low nibbles, the odd ones in its high.
        Format::Q4 => {
            let [a, b] = [at / 2 * 2, at / 2 * 2 + 1];
            let pick = if at.is_multiple_of(2) { "xz" } else { "yw" };
            format!("rounded(vec4(four_{a}.{pick}, four_{b}.{pick}) * inverse)")
        }
        _ => format!("rounded(four_{at} * inverse)"),
    };
    lines((0..2).map(|half| {
        let words: Vec<String> = (4 * half..4 * half + 4).map(word).collect();
        format!(
            "x_tile[place + {half}u * ROWS] = vec4({});",
            words.join(", ")
        )
    }))
}

fn widen(format: Format) -> &'static str {
    match format {
        // Of each nibble 8 is taken away in 8 bits, without a carry to its neighbour.
        Format::Q4 => {
            "let words = weight(other, second, i);
             let two = select(words.xy, words.zw, half == 1u);
             let nibbles = vec4(two.x, two.x >> 4u, two.y, two.y >> 4u) & vec4(0x0f0f0f0fu);
             w_tile[task] = ((nibbles | vec4(0x80808080u)) - vec4(0x08080808u)) ^ vec4(0x80808080u);"
        }
        _ => "w_tile[task] = weight(other, second, i * 2u + half);",
    }
}

/// The weights of a step: whole blocks, half a one a task, then their scales.
fn load(variant: Variant) -> String {
    let Tile { rows, columns } = variant.tile;
    let blocks = 8 / rows;
    let halves = 2 * blocks * columns / 8;
    let w = (0..halves).map(|j| {
        format!("load_w(part, other, first_column, first_block, {j}u * INVOCATIONS + invocation);")
    });
    let scales = (0..(blocks * columns).div_ceil(8)).map(|j| {
        format!(
            "load_scale(part, other, first_column, first_block, {j}u * INVOCATIONS + invocation);"
        )
    });
    lines(w.chain(scales))
}

fn multiply(variant: Variant) -> String {
    let Tile { rows, columns } = variant.tile;
    let rows = (0..rows).map(|i| {
        format!(
            "let a_{i} = x_tile[2u * block * ROWS + {i}u * 8u + local.y];
             let b_{i} = x_tile[(2u * block + 1u) * ROWS + {i}u * 8u + local.y];
             let s_{i} = x_scale[block * ROWS + {i}u * 8u + local.y];"
        )
    });
    let columns = (0..columns).map(|j| {
        let sums = (0..variant.tile.rows).map(|i| {
            format!("sum_{i}_{j} += products(a_{i}, b_{i}, c_{j}, d_{j}) * (s_{i} * t_{j});")
        });
        format!(
            "let c_{j} = w_tile[2u * block * COLUMNS + {j}u * 8u + local.x];
             let d_{j} = w_tile[(2u * block + 1u) * COLUMNS + {j}u * 8u + local.x];
             let t_{j} = w_scale[block * COLUMNS + {j}u * 8u + local.x];
             {}",
            lines(sums)
        )
    });
    lines(rows.chain(columns))
}

/// An invocation rounded one block of one row at a time, and summed its squares.
fn norms(variant: Variant) -> String {
    let blocks = 8 / variant.tile.rows;
    variant.norms("x_scale[invocation] = square;", |i| {
        (0..blocks)
            .map(|b| format!("x_scale[{b}u * ROWS + {i}u * 8u + local.y]"))
            .collect()
    })
}
