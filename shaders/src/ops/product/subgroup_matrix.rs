//! Fills in `subgroup_matrix.wgsl`.

use super::Product;
use super::float::{QUADS, decoding, quads_in_vector};
use crate::gpu::{Enable, NARROWED, Source};
use crate::tuning::SubgroupMatrix;

const TEMPLATE: &str = concat!(
    include_str!("product.wgsl"),
    include_str!("decode.wgsl"),
    include_str!("subgroup_matrix.wgsl")
);
/// Subgroups that share a tile.
const SUBGROUPS: usize = 4;

/// # Panics
/// If the matrices do not divide a subgroup's quarter of the tile, or a block.
pub(super) fn source(product: Product, name: &'static str, matrix: SubgroupMatrix) -> Source {
    let SubgroupMatrix { m, n, k, half, .. } = matrix;
    let [rows, columns] = [4 * product.tile.rows, 4 * product.tile.columns];
    let divides = rows.is_multiple_of(m) && columns.is_multiple_of(n);
    assert!(divides && 32_usize.is_multiple_of(k), "{product:?}");
    // Of a subgroup.
    let [rows, columns] = [rows / m, columns / n];
    let emulated = matrix.is_emulated();
    let enable = Enable {
        half,
        subgroups: !emulated,
        matrices: !emulated,
    };
    let invocations = SUBGROUPS * matrix.lanes();
    let source = Source::new(name, TEMPLATE)
        .fill("enable", enable.text())
        .fill("invocations", invocations)
        .flag("half", half)
        .include("narrowed", NARROWED)
        .fill("m", m)
        .fill("n", n)
        .fill("k", k)
        .fill("lanes", matrix.lanes())
        .flag("emulated", emulated)
        .fill("storing", if product.gated { 2 } else { SUBGROUPS })
        .include("load_weights", include_str!("load_weights.wgsl"))
        .list("seconds", product.seconds())
        .fill("share_quads", share_quads(product, invocations))
        .table(
            "sums",
            (0..rows * columns).map(|number| [number / columns, number % columns, number]),
        )
        .table("left", (0..rows).map(|i| [i, i * m]))
        .table("right", (0..columns).map(|j| [j, j * n]));
    let source = match emulated {
        true => source
            .include("matrices", include_str!("emulated.wgsl"))
            .fill("sum_count", rows * columns),
        false => source.include("matrices", include_str!("hardware.wgsl")),
    };
    decoding(source, product.format)
}

/// As many as keep all invocations busy, at most those in a vector of four words.
fn share_quads(product: Product, invocations: usize) -> usize {
    (QUADS * product.matrix_columns() / invocations).clamp(1, quads_in_vector(product.format))
}
