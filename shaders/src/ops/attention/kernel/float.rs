//! Fills in `float.wgsl`.

use super::super::QUERIES_MIN;
use super::variant::Variant;
use crate::gpu::{Enable, Source};

const TEMPLATE: &str = concat!(include_str!("shared.wgsl"), include_str!("float.wgsl"));
/// Queries and keys of a tile.
pub(super) const TILE: usize = QUERIES_MIN;
/// Queries that an invocation owns, and keys: every eighth one of a tile.
const OWN: usize = TILE / 8;

pub(super) fn source(variant: Variant) -> Source {
    let subgroups = variant.subgroups;
    let enable = Enable {
        half: variant.half(),
        subgroups,
        matrices: false,
    };
    let features = variant.chunks() * OWN; // that an invocation owns
    Source::new("attention", TEMPLATE)
        .fill("enable", enable.text())
        .flag("subgroups", subgroups)
        .list("own", 0..OWN)
        .table("letters", [["0", "x"], ["1", "y"], ["2", "z"], ["3", "w"]])
        .table("operands", [["query", "0"], ["key", "1"]])
        .list("chunk_numbers", 0..variant.chunks())
        .table("features", (0..features).map(|f| [f, f / OWN, f % OWN]))
}
