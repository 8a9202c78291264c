//! Fills in `subgroup_matrix.wgsl`.

use super::Variant;
use super::float::{self, QUADS};
use crate::gpu::{Enable, Source, lines, narrowed};
use crate::tuning::SubgroupMatrix;

const TEMPLATE: &str = concat!(
    include_str!("shared.wgsl"),
    include_str!("decode.wgsl"),
    include_str!("subgroup_matrix.wgsl")
);
/// Subgroups that share a tile.
const SUBGROUPS: usize = 4;

/// The holes that are this way's own.
///
/// # Panics
/// If the unit's matrices do not divide a subgroup's quarter of the tile, or a block.
pub(super) fn source(variant: Variant, unit: SubgroupMatrix) -> Source {
    let [rows, columns] = [4 * variant.tile.rows, 4 * variant.tile.columns];
    let divides = rows.is_multiple_of(unit.m) && columns.is_multiple_of(unit.n);
    assert!(divides && 32_usize.is_multiple_of(unit.k), "{variant:?}");
    let squares = [rows / unit.m, columns / unit.n]; // of a subgroup
    let enable = Enable {
        half: unit.half,
        subgroups: !unit.is_emulated(),
        matrices: !unit.is_emulated(),
    };
    Source::new("linear", TEMPLATE)
        .fill("enable", enable.text())
        .fill("invocations", SUBGROUPS * unit.lanes())
        .fill("scalar", if unit.half { "f16" } else { "f32" })
        // Sixteen bytes, in which matrices are aligned.
        .fill("padding", if unit.half { 8 } else { 4 })
        .fill("narrowed", narrowed(unit.half))
        .fill("m", unit.m)
        .fill("n", unit.n)
        .fill("k", unit.k)
        .fill("lanes", unit.lanes())
        .fill("unit", unit_of(unit, squares))
        .fill(
            "subgroup_argument",
            match unit.is_emulated() {
                true => "",
                false => "@builtin(subgroup_id) subgroup: u32,",
            },
        )
        .fill(
            "subgroup",
            match unit.is_emulated() {
                true => "let subgroup = invocation;",
                false => "",
            },
        )
        .fill("decode", float::decode(variant))
        .fill("share_quads", share_quads(variant, SUBGROUPS * unit.lanes()))
        .fill(
            "load_w",
            variant.matrices_of_either_part(|other, second| {
                format!("load_w(part, {other}, {second}, first_column, block, invocation);")
            }),
        )
        .fill(
            "squares",
            match variant.rms_norm.is_some() {
                true => "var<workgroup> squares: array<f32, QUADS * ROWS>; // [m][k / 4]",
                false => "",
            },
        )
        .fill(
            "square",
            match variant.rms_norm.is_some() {
                true => "squares[task] += dot(four, four);",
                false => "",
            },
        )
        // Of a gate, the left subgroups alone.
        .fill("finished", if variant.gated { 2 } else { SUBGROUPS })
        .fill(
            "norm",
            match variant.rms_norm.is_some() {
                true => "let norm = squares[row * QUADS];",
                false => "let norm = 1.0;",
            },
        )
        .fill(
            "value",
            match variant.gated {
                true => {
                    "let value = silu(norm * result(subgroup, cell)) * (norm * result(subgroup + 1u, cell));"
                }
                false => "let value = norm * result(subgroup, cell);",
            },
        )
        .fill(
            "declare",
            lines(cells(squares).zip(0..).map(|([i, j], number)| {
                match unit.is_emulated() {
                    true => format!("var sum_{i}_{j} = {number}u;"),
                    false => format!("var sum_{i}_{j}: Sum;"),
                }
            })),
        )
        .fill("multiply", multiply(squares, unit))
        .fill("finish", finish(squares, variant.rms_norm.is_some()))
}

/// As many as keep all invocations busy, but what one vector of words holds at most.
fn share_quads(variant: Variant, invocations: usize) -> usize {
    let in_vector = QUADS / (variant.format.words_per_block() / 4);
    (QUADS * variant.matrix_columns() / invocations).clamp(1, in_vector)
}

fn unit_of(unit: SubgroupMatrix, [rows, columns]: [usize; 2]) -> String {
    match unit.is_emulated() {
        true => include_str!("emulated.wgsl").replace("{{ sums }}", &(rows * columns).to_string()),
        false => include_str!("hardware.wgsl").to_owned(),
    }
}

fn cells([rows, columns]: [usize; 2]) -> impl Iterator<Item = [usize; 2]> {
    (0..rows).flat_map(move |i| (0..columns).map(move |j| [i, j]))
}

fn multiply(squares: [usize; 2], unit: SubgroupMatrix) -> String {
    let left =
        (0..squares[0]).map(|i| format!("let left_{i} = left(own_row + {}u, k);", i * unit.m));
    let right =
        (0..squares[1]).map(|j| format!("let right_{j} = right(own_column + {}u, k);", j * unit.n));
    let sums = cells(squares)
        .map(|[i, j]| format!("sum_{i}_{j} = multiply(left_{i}, right_{j}, sum_{i}_{j});"));
    lines(left.chain(right).chain(sums))
}

/// The factors of the rows take the place of the first of their squares; then one square after the
/// other.
fn finish(squares: [usize; 2], normed: bool) -> String {
    let norms = normed.then(|| {
        "for (var row = invocation; row < ROWS; row += INVOCATIONS) {
             var sum = 0.0;
             for (var quad = 0u; quad < QUADS; quad++) {
                 sum += squares[row * QUADS + quad];
             }
             squares[row * QUADS] = inverseSqrt(sum / f32(part.inner) + EPSILON);
         }"
        .to_owned()
    });
    let stores = cells(squares).map(|[i, j]| {
        format!(
            "put(subgroup, sum_{i}_{j});
             workgroupBarrier();
             finish(part, other, first_row, first_column, {i}u, {j}u, invocation);
             workgroupBarrier();"
        )
    });
    lines(norms.into_iter().chain(stores))
}
