//! Fills in `float.wgsl`.

use image2_package::blocks::{BLOCK, Format};

use super::{INVOCATIONS, Variant};
use crate::gpu::{Enable, Source, fused, lines, narrowed};
use crate::tuning::{Arithmetic, Tile};

const TEMPLATE: &str = concat!(
    include_str!("shared.wgsl"),
    include_str!("decode.wgsl"),
    include_str!("float.wgsl")
);

/// Vectors of four values in a block.
pub(super) const QUADS: usize = BLOCK / 4;

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
                true => "var<workgroup> squares: array<array<array<f32, 8>, ROWS / 8u>, QUADS>;",
                false => "",
            },
        )
        .fill("decode", decode(variant))
        .fill("declare", declare(variant))
        .fill("load", load(variant))
        .fill("first_quad", first_quad(variant))
        .fill("load_w", load_w(variant))
        .fill("multiply", multiply(variant))
        .fill("norms", norms(variant))
}

pub(super) fn decode(variant: Variant) -> &'static str {
    match variant.format {
        Format::F32 => "return bitcast<vec4<f32>>(words);",
        Format::F16 => {
            "let two = select(words.xy, words.zw, quad % 2u == 1u);
             return vec4(unpack2x16float(two.x), unpack2x16float(two.y));"
        }
        Format::Q8 => {
            "let word = vec4(bitcast<i32>(words[quad % 4u]));
             return vec4<f32>((word << vec4(24u, 16u, 8u, 0u)) >> vec4(24u));"
        }
        Format::Q4 => {
            "let word = words[quad / 2u] >> (quad % 2u * 16u);
             return vec4<f32>((vec4(word) >> vec4(0u, 4u, 8u, 12u)) & vec4(15u)) - 8.0;"
        }
    }
}

fn declare(variant: Variant) -> String {
    let rows = 0..variant.tile.rows;
    let begins = rows
        .clone()
        .map(|i| format!("let begin_{i} = row_at(part, first_row + {i}u * 8u + load_row);"));
    let squares = rows.map(|i| format!("var square_{i} = 0.0;"));
    let squares = squares.filter(|_| variant.rms_norm.is_some());
    lines(variant.sums().chain(begins).chain(squares))
}

/// Both tiles; all of x is asked for before any of it is waited for.
fn load(variant: Variant) -> String {
    let rows = 0..variant.tile.rows;
    let ask = rows
        .clone()
        .map(|i| format!("let four_{i} = x_at(part, begin_{i}, block * BLOCK + load_quad * 4u);"));
    let keep = rows.map(|i| {
        let square = match variant.rms_norm.is_some() {
            true => format!("square_{i} += dot(four_{i}, four_{i});"),
            false => String::new(),
        };
        format!(
            "x_tile[load_quad][{i}][load_row ^ load_quad] = narrowed(four_{i});
             {square}"
        )
    });
    let w = variant.matrices_of_either_part(|other, second| {
        format!("load_w(part, {other}, {second}, first_column, block, invocation);")
    });
    lines(ask.chain([w]).chain(keep))
}

/// The vectors of four k that an invocation takes of a weight row's block.
fn own_quads(variant: Variant) -> usize {
    QUADS * variant.matrix_columns() / INVOCATIONS
}

fn first_quad(variant: Variant) -> String {
    match own_quads(variant) {
        QUADS => "0u".into(),
        quads => format!("invocation / MATRIX_COLUMNS * {quads}u"),
    }
}

fn load_w(variant: Variant) -> String {
    let in_vector = QUADS / (variant.format.words_per_block() / 4);
    let quads = own_quads(variant);
    let vectors = (0..quads.div_ceil(in_vector)).map(|v| {
        format!("let words_{v} = words_at(other, second, i * VECTORS + first_quad / VECTOR_QUADS + {v}u);")
    });
    let stores = (0..quads).map(|q| {
        let v = q / in_vector;
        format!(
            "w_tile[first_quad + {q}u][column / 8u][column % 8u] = \
                 Four(decode(words_{v}, (first_quad + {q}u) % VECTOR_QUADS) * scale);"
        )
    });
    lines(vectors.chain(stores))
}

fn multiply(variant: Variant) -> String {
    let Tile { rows, columns } = variant.tile;
    // Widened where the tiles are f16, the same where they are not.
    let rows = (0..rows).map(|i| format!("let x_{i} = vec4<f32>(x_tile[quad][{i}][swapped]);"));
    let columns =
        (0..columns).map(|j| format!("let w_{j} = vec4<f32>(w_tile[quad][{j}][local.x]);"));
    let sums = variant.cells().map(|[i, j]| {
        let sum = format!("sum_{i}_{j}");
        format!(
            "{sum} = {};",
            fused(&sum, &format!("x_{i}"), &format!("w_{j}"))
        )
    });
    lines(rows.chain(columns).chain(sums))
}

/// Eight invocations loaded a row, and each summed the squares of its columns.
fn norms(variant: Variant) -> String {
    // The tile of x has done its work; in f16 it cannot hold the sums.
    let place = |quad: &str, i: usize, row: &str| match variant.arithmetic {
        Arithmetic::Half => format!("squares[{quad}][{i}][{row}]"),
        _ => format!("x_tile[{quad}][{i}][{row}].x"),
    };
    let share = (0..variant.tile.rows)
        .map(|i| format!("{} = square_{i};", place("load_quad", i, "load_row")));
    variant.norms(&lines(share), |i| {
        (0..QUADS)
            .map(|quad| place(&quad.to_string(), i, "local.y"))
            .collect()
    })
}
