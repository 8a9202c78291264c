//! Fills in `subgroup_matrix.wgsl`.

use super::super::CHUNK;
use super::variant::Variant;
use crate::gpu::{Enable, Source};
use crate::tuning::SubgroupMatrix;

const TEMPLATE: &str = concat!(
    include_str!("shared.wgsl"),
    include_str!("subgroup_matrix.wgsl")
);
/// Subgroups that share a tile.
const SUBGROUPS: usize = 4;
/// Queries of a subgroup.
const OWN: usize = 16;
/// Queries of a tile.
pub(super) const QUERIES: usize = SUBGROUPS * OWN;

/// # Panics
/// If the matrices do not divide a subgroup's queries, the keys of a tile, or the features of
/// queries that go through it at once.
pub(super) fn source(variant: Variant, matrix: SubgroupMatrix) -> Source {
    let SubgroupMatrix { m, n, k, half, .. } = matrix;
    // Keys of a tile, and features of the queries that go through it at once.
    let [keys, chunk]: [usize; 2] = if half { [16, 32] } else { [8, 16] };
    let divides = OWN.is_multiple_of(m)
        && [n, k]
            .iter()
            .all(|&side| keys.is_multiple_of(side) && chunk.is_multiple_of(side));
    assert!(divides, "{matrix:?}");
    let features = variant.chunks() * CHUNK;
    let emulated = matrix.is_emulated();
    let enable = Enable {
        half,
        subgroups: !emulated,
        matrices: !emulated,
    };
    // Two lanes of 32 share a query; where there are fewer lanes than queries, each has several.
    let team = (matrix.lanes() / OWN).max(1);
    // Rows of matrices, and the places of the matrices where keys or features are columns of a
    // product or are summed over.
    let rows = || (0..OWN).step_by(m);
    let columns = |count: usize| (0..count).step_by(n);
    let inner = |count: usize| (0..count).step_by(k);
    let outputs: Vec<[usize; 3]> = rows()
        .flat_map(|row| columns(features).map(move |f| [row, f]))
        .zip(0..)
        .map(|([row, f], number)| [row, f, number])
        .collect();
    let first_score = outputs.len();
    let source = Source::new("attention", TEMPLATE)
        .fill("enable", enable.text())
        .fill("m", m)
        .fill("n", n)
        .fill("k", k)
        .fill("lanes", matrix.lanes())
        .fill("invocations", SUBGROUPS * matrix.lanes())
        .fill("keys", keys)
        .fill("chunk", chunk)
        .fill("team", team)
        .list("team_steps", (0..team.ilog2()).map(|i| 1 << i))
        .flag("emulated", emulated)
        .list("rows", rows())
        .list("query_chunks", (0..features).step_by(chunk))
        .list("chunk_features", inner(chunk))
        .list("key_columns", columns(keys))
        .list("inner_features", inner(features))
        .list("inner_keys", inner(keys))
        .list("feature_columns", columns(features))
        .list("turns", (0..features).step_by(keys))
        .list("turn_features", columns(keys))
        .table(
            "score_sums",
            rows().zip(first_score..).map(|(row, number)| [row, number]),
        )
        .table("outputs", outputs);
    match emulated {
        true => source
            .include("matrices", include_str!("emulated.wgsl"))
            .fill("sum_count", first_score + rows().count()),
        false => source.include("matrices", include_str!("hardware.wgsl")),
    }
}
