//! Fills in `wide.wgsl`.

use image2_package::blocks::Format;

use super::super::kernel::{Enable, Source, lines, narrowed};
use super::variant::{INVOCATIONS, Variant};
use crate::tuning::{Arithmetic, Tile};

const TEMPLATE: &str = concat!(
    include_str!("../linear.wgsl"),
    include_str!("decode.wgsl"),
    include_str!("wide.wgsl")
);

/// The holes that are this way's own.
pub(super) fn source(variant: Variant) -> Source {
    let half = variant.arithmetic == Arithmetic::Half;
    let enable = Enable {
        half,
        ..Enable::default()
    };
    Source::new("linear", TEMPLATE)
        .fill("invocations", INVOCATIONS)
        .fill("enable", enable.text())
        .fill("scalar", if half { "f16" } else { "f32" })
        .fill("narrowed", narrowed(half))
        .fill(
            "squares",
            match half {
                true => "var<workgroup> squares: array<f32, 8u * ROWS>;",
                false => "",
            },
        )
        .fill("decode", decode(variant))
        .fill("declare", declare(variant))
        .fill("load", load(variant))
        .fill("multiply", multiply(variant))
        .fill("norms", norms(variant))
}

pub(super) fn decode(variant: Variant) -> &'static str {
    match variant.format {
        Format::F32 => {
            "let i = first + 4u * quad;
             return bitcast<vec4<f32>>(vec4(
                 weight(other, second, i), weight(other, second, i + 1u),
                 weight(other, second, i + 2u), weight(other, second, i + 3u)));"
        }
        Format::F16 => {
            "let i = first + 2u * quad;
             return vec4(unpack2x16float(weight(other, second, i)),
                         unpack2x16float(weight(other, second, i + 1u)));"
        }
        Format::Q8 => {
            "let word = vec4(bitcast<i32>(weight(other, second, first + quad)));
             return vec4<f32>((word << vec4(24u, 16u, 8u, 0u)) >> vec4(24u));"
        }
        Format::Q4 => {
            "let word = weight(other, second, first + quad / 2u) >> (quad % 2u * 16u);
             return vec4<f32>((vec4(word) >> vec4(0u, 4u, 8u, 12u)) & vec4(15u)) - 8.0;"
        }
    }
}

fn declare(variant: Variant) -> String {
    let squares = (0..variant.tile.rows).map(|i| format!("var square_{i} = 0.0;"));
    lines(variant.sums().chain(squares))
}

/// Both tiles: an invocation takes the same four columns of x in every eighth row.
fn load(variant: Variant) -> String {
    let x = (0..variant.tile.rows).map(|i| {
        let square = if variant.normed {
            format!("square_{i} += dot(four_{i}, four_{i});")
        } else {
            String::new()
        };
        format!(
            "let row_{i} = {i}u * 8u + invocation / 8u;
             let four_{i} = x_at(part, first_row + row_{i}, block * BLOCK + invocation % 8u * 4u);
             x_tile[invocation % 8u * ROWS + row_{i}] = narrowed(four_{i});
             {square}"
        )
    });
    let w = (0..variant.tile.columns).map(|j| {
        format!("load_w(part, other, first_column, block, {j}u * INVOCATIONS + invocation);")
    });
    lines(x.chain(w))
}

fn multiply(variant: Variant) -> String {
    let Tile { rows, columns } = variant.tile;
    // Widened where the tiles are f16, the same where they are not.
    let rows = (0..rows)
        .map(|i| format!("let x_{i} = vec4<f32>(x_tile[quad * ROWS + {i}u * 8u + local.y]);"));
    let columns = (0..columns)
        .map(|j| format!("let w_{j} = vec4<f32>(w_tile[quad * COLUMNS + {j}u * 8u + local.x]);"));
    let sums = variant
        .cells()
        .map(|[i, j]| format!("sum_{i}_{j} += dot(x_{i}, w_{j});"));
    lines(rows.chain(columns).chain(sums))
}

/// Eight invocations loaded a row, and each summed the squares of its columns.
fn norms(variant: Variant) -> String {
    // The tile of x has done its work; in f16 it cannot hold the sums.
    let (place, [open, close, part]) = match variant.arithmetic {
        Arithmetic::Half => ("squares", ["", "", ""]),
        _ => ("x_tile", ["vec4(", ", 0.0, 0.0, 0.0)", ".x"]),
    };
    let share = (0..variant.tile.rows)
        .map(|i| format!("{place}[{i}u * INVOCATIONS + invocation] = {open}square_{i}{close};"));
    variant.norms(&lines(share), |i| {
        (0..8)
            .map(|k| format!("{place}[{i}u * INVOCATIONS + local.y * 8u + {k}u]{part}"))
            .collect()
    })
}
