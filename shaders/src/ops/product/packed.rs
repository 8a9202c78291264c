//! Fills in `packed.wgsl`.

use image2_package::blocks::Format;

use super::float::QUADS;
use super::{INVOCATIONS, Product};
use crate::gpu::{Source, summed};
use crate::tuning::Tile;

const TEMPLATE: &str = concat!(include_str!("product.wgsl"), include_str!("packed.wgsl"));

/// # Panics
/// If the weights are not integers, or an invocation cannot take one block of one row of x and one
/// or two of a weight row.
pub(super) fn source(product: Product, name: &'static str) -> Source {
    let integers = matches!(product.format, Format::Q8 | Format::Q4);
    let Tile { rows, columns } = product.tile;
    assert!(
        integers && rows <= columns && [4, 8].contains(&rows),
        "{product:?}"
    );
    let source = Source::new(name, TEMPLATE)
        .fill("invocations", INVOCATIONS)
        .fill("enable", "")
        .flag("q4", product.format == Format::Q4)
        .table("quads", (0..QUADS).map(|q| [q, 4 * q]))
        .list("own_columns", 0..columns)
        .table("blocks", summed(blocks(product.tile)));
    product.finished(source)
}

/// Blocks that are walked at a time.
pub(super) fn blocks(tile: Tile) -> usize {
    8 / tile.rows
}
