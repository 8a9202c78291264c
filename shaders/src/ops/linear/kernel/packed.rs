//! Fills in `packed.wgsl`.

use image2_package::blocks::Format;

use super::float::QUADS;
use super::{INVOCATIONS, Variant};
use crate::gpu::{Source, lines};
use crate::tuning::Tile;

const TEMPLATE: &str = concat!(include_str!("shared.wgsl"), include_str!("packed.wgsl"));

/// The holes that are this way's own.
///
/// # Panics
/// If the weights are no whole numbers, or an invocation cannot take one block of one row of x and
/// one or two of a weight row.
pub(super) fn source(variant: Variant) -> Source {
    let whole = matches!(variant.format, Format::Q8 | Format::Q4);
    let Tile { rows, columns } = variant.tile;
    assert!(
        whole && rows <= columns && [4, 8].contains(&rows),
        "{variant:?}"
    );
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
            match variant.rms_norm.is_some() {
                true => squares.collect::<Vec<_>>().join(" + "),
                false => "0.0".into(),
            },
        )
        .fill("read_w", read_w(variant.format))
        .fill("w_zero", if variant.format == Format::Q4 { 8 } else { 128 })
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
    lines((0..QUADS).map(|q| format!("let four_{q} = x_at(part, row_at, k + {}u);", 4 * q)))
}

/// Words of x in the order in which the weights' values come.
fn round_x(format: Format) -> String {
    let word = |at: usize| match format {
        // A word of q4 holds the even values of eight in its low nibbles, the odd ones in its high.
        Format::Q4 => {
            let [a, b] = [at / 2 * 2, at / 2 * 2 + 1];
            let pick = if at.is_multiple_of(2) { "xz" } else { "yw" };
            format!("rounded(vec4(four_{a}.{pick}, four_{b}.{pick}), inverse)")
        }
        _ => format!("rounded(four_{at}, inverse)"),
    };
    lines((0..2).map(|half| {
        let words: Vec<String> = (4 * half..4 * half + 4).map(word).collect();
        format!("let words_{half} = vec4({});", words.join(", "))
    }))
}

/// Blocks that are walked at a time.
pub(super) fn blocks(tile: Tile) -> usize {
    8 / tile.rows
}

fn read_w(format: Format) -> &'static str {
    match format {
        Format::Q4 => {
            "let words = words_at(other, second, i);
             half_0 = widened(words.xy);
             half_1 = widened(words.zw);"
        }
        _ => {
            "half_0 = words_at(other, second, 2u * i) ^ vec4(0x80808080u);
             half_1 = words_at(other, second, 2u * i + 1u) ^ vec4(0x80808080u);"
        }
    }
}

/// The weights of a step.
fn load(variant: Variant) -> String {
    variant.either_part(|other| {
        let of = |second: bool| {
            format!("load_w(part, {other}, {second}, first_column, first_block, invocation);")
        };
        match variant.gated {
            true => format!(
                "if (invocation % COLUMNS >= MATRIX_COLUMNS) {{ {} }} else {{ {} }}",
                of(true),
                of(false)
            ),
            false => of(false),
        }
    })
}

fn multiply(variant: Variant) -> String {
    let Tile { rows, columns } = variant.tile;
    let rows = (0..rows).map(|i| {
        format!(
            "let a_{i} = x_tile[2u * block][{i}][local.y];
             let b_{i} = x_tile[2u * block + 1u][{i}][local.y];
             let x_{i} = x_ends[block][{i}][local.y];
             let s_{i} = bitcast<f32>(x_{i}.x);"
        )
    });
    let columns = (0..columns).map(|j| {
        let sums = (0..variant.tile.rows).map(|i| {
            format!(
                "sum_{i}_{j} = fma(products(a_{i}, b_{i}, c_{j}, d_{j}, x_{i}.y + w_{j}.y), \
                                   s_{i} * t_{j}, sum_{i}_{j});"
            )
        });
        format!(
            "let c_{j} = w_tile[2u * block][{j}][local.x];
             let d_{j} = w_tile[2u * block + 1u][{j}][local.x];
             let w_{j} = w_ends[block][{j}][local.x];
             let t_{j} = bitcast<f32>(w_{j}.x);
             {}",
            lines(sums)
        )
    });
    lines(rows.chain(columns))
}

/// An invocation rounded one block of one row at a time, and summed its squares.
fn norms(variant: Variant) -> String {
    let share = "x_ends[invocation / ROWS][invocation % ROWS / 8u][invocation % 8u].x \
                     = bitcast<u32>(square);";
    variant.norms(share, |i| {
        (0..blocks(variant.tile))
            .map(|block| format!("bitcast<f32>(x_ends[{block}][{i}][local.y].x)"))
            .collect()
    })
}
