//! Fills in `packed.wgsl`.

use image2_package::blocks::Format;

use super::float::QUADS;
use super::variant::{INVOCATIONS, Variant};
use crate::gpu::{Source, summed};
use crate::tuning::Tile;

const TEMPLATE: &str = concat!(include_str!("shared.wgsl"), include_str!("packed.wgsl"));

/// # Panics
/// If the weights are not integers, or an invocation cannot take one block of one row of x and one
/// or two of a weight row.
pub(super) fn source(variant: Variant) -> Source {
    let integers = matches!(variant.format, Format::Q8 | Format::Q4);
    let Tile { rows, columns } = variant.tile;
    assert!(
        integers && rows <= columns && [4, 8].contains(&rows),
        "{variant:?}"
    );
    let source = Source::new("linear", TEMPLATE)
        .fill("invocations", INVOCATIONS)
        .fill("enable", "")
        .flag("q4", variant.format == Format::Q4)
        .table("quads", (0..QUADS).map(|q| [q, 4 * q]))
        .list("own_columns", 0..columns)
        .table("blocks", summed(blocks(variant.tile)));
    variant.finished(source)
}

/// Blocks that are walked at a time.
pub(in crate::ops::linear) fn blocks(tile: Tile) -> usize {
    8 / tile.rows
}
