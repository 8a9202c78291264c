//! Fills in `subgroup_matrix.wgsl`.

use super::{CHUNK, Variant};
use crate::gpu::{Enable, Source, lines};
use crate::tuning::SubgroupMatrix;

const TEMPLATE: &str = concat!(
    include_str!("shared.wgsl"),
    include_str!("subgroup_matrix.wgsl")
);
/// Subgroups that share a tile.
const SUBGROUPS: usize = 4;
/// Queries of a subgroup.
const OWN: usize = 16;
/// Of a tile.
pub(super) const QUERIES: usize = SUBGROUPS * OWN;

/// What a subgroup's queries, the keys of a tile and a head's features are cut into.
struct Cut {
    unit: SubgroupMatrix,
    keys: usize,
    features: usize,
}

impl Cut {
    fn rows(&self) -> impl Iterator<Item = usize> + Clone {
        (0..OWN).step_by(self.unit.m)
    }

    /// Of `count` keys or features, where they are columns of a product.
    fn columns(&self, count: usize) -> impl Iterator<Item = usize> + Clone {
        (0..count).step_by(self.unit.n)
    }

    /// Of `count` keys or features, where they are summed over.
    fn inner(&self, count: usize) -> impl Iterator<Item = usize> + Clone {
        (0..count).step_by(self.unit.k)
    }

    /// (row, feature) of the output's matrices.
    fn outputs(&self) -> impl Iterator<Item = [usize; 2]> {
        self.rows()
            .flat_map(|row| self.columns(self.features).map(move |f| [row, f]))
    }
}

/// The holes that are this way's own.
///
/// # Panics
/// If the unit's matrices do not divide a subgroup's queries, the keys of a tile, or the features of
/// queries that go through it at once.
pub(super) fn source(variant: Variant, unit: SubgroupMatrix) -> Source {
    let [keys, queries_chunk]: [usize; 2] = if unit.half { [16, 32] } else { [8, 16] };
    let divides = OWN.is_multiple_of(unit.m)
        && [unit.n, unit.k]
            .iter()
            .all(|&side| keys.is_multiple_of(side) && queries_chunk.is_multiple_of(side));
    assert!(divides, "{unit:?}");
    let cut = Cut {
        unit,
        keys,
        features: variant.chunks() * CHUNK,
    };
    // Two lanes of 32 share a query; where there are fewer lanes than queries, each has several.
    let team = (unit.lanes() / OWN).max(1);
    let enable = Enable {
        half: unit.half,
        subgroups: !unit.is_emulated(),
        matrices: !unit.is_emulated(),
    };
    let of_team = |join: fn(&str) -> String| {
        let steps =
            (0..team.ilog2()).map(|i| join(&format!("subgroupShuffleXor(all, {}u)", 1 << i)));
        lines(steps.map(|joined| format!("all = {joined};")))
    };
    let numbers = cut.outputs().count() + cut.rows().count();
    let imitated = || include_str!("emulated.wgsl").replace("{{ sums }}", &numbers.to_string());
    let own = "share_out(own, lane, first_key)";
    let [unit_text, arguments, subgroup, any] = match unit.is_emulated() {
        true => [
            imitated(),
            String::new(),
            "let subgroup = invocation;\nlet lane = 0u;".into(),
            own.into(),
        ],
        false => [
            include_str!("hardware.wgsl").into(),
            "@builtin(subgroup_id) subgroup: u32,\n@builtin(subgroup_invocation_id) lane: u32,"
                .into(),
            String::new(),
            format!("subgroupAny({own})"),
        ],
    };
    Source::new("attention", TEMPLATE)
        .fill("enable", enable.text())
        // Sixteen bytes, in which matrices are aligned.
        .fill("padding", if unit.half { 8 } else { 4 })
        .fill("m", unit.m)
        .fill("n", unit.n)
        .fill("k", unit.k)
        .fill("lanes", unit.lanes())
        .fill("invocations", SUBGROUPS * unit.lanes())
        .fill("keys", keys)
        .fill("chunk", queries_chunk)
        .fill("team", team)
        .fill("unit", unit_text)
        .fill("subgroup_arguments", arguments)
        .fill("subgroup", subgroup)
        .fill("any", any)
        .fill(
            "largest_of_team",
            of_team(|other| format!("max(all, {other})")),
        )
        .fill("sum_of_team", of_team(|other| format!("all + {other}")))
        .fill("take_queries", take_queries(&cut, queries_chunk))
        .fill(
            "declare_out",
            lines(
                cut.outputs()
                    .zip(0..)
                    .map(|([row, f], number)| format!("var out_{row}_{f} = zero({number}u);")),
            ),
        )
        .fill("multiply_scores", multiply_scores(&cut))
        .fill("multiply_values", multiply_values(&cut))
        .fill("shrink", shrink(&cut))
        .fill("store", store(&cut))
}

/// A chunk of their features at a time.
fn take_queries(cut: &Cut, chunk: usize) -> String {
    lines((0..cut.features).step_by(chunk).map(|first| {
        let takes = cut.rows().flat_map(|row| {
            cut.inner(chunk).map(move |f| {
                let f = first + f;
                format!("let query_{row}_{f} = query(own + {row}u, {f}u);")
            })
        });
        format!(
            "load_queries(item, first_query, head, {first}u, invocation);
             workgroupBarrier();
             {}
             workgroupBarrier();",
            lines(takes)
        )
    }))
}

/// One column of matrices after the other, so that a key's are in registers once.
fn multiply_scores(cut: &Cut) -> String {
    lines(cut.columns(cut.keys).map(|column| {
        let sums = cut
            .rows()
            .zip(cut.outputs().count()..)
            .map(|(row, number)| format!("var sum_{row} = zero({number}u);"));
        let products = cut.inner(cut.features).flat_map(|f| {
            let key = format!("let key_{f} = key({f}u, {column}u);");
            let sums = cut.rows().map(move |row| {
                format!("sum_{row} = multiply(query_{row}_{f}, key_{f}, sum_{row});")
            });
            std::iter::once(key).chain(sums)
        });
        let puts = cut
            .rows()
            .map(|row| format!("put(own + {row}u, {column}u, sum_{row});"));
        format!("{{ {} }}", lines(sums.chain(products).chain(puts)))
    }))
}

fn multiply_values(cut: &Cut) -> String {
    lines(cut.inner(cut.keys).map(|key| {
        let shares = cut
            .rows()
            .map(|row| format!("let share_{row} = share(own + {row}u, {key}u);"));
        let products = cut.columns(cut.features).flat_map(|f| {
            let value = format!("let value_{f} = value({key}u, {f}u);");
            let sums = cut.rows().map(move |row| {
                format!("out_{row}_{f} = multiply(share_{row}, value_{f}, out_{row}_{f});")
            });
            std::iter::once(value).chain(sums)
        });
        format!("{{ {} }}", lines(shares.chain(products)))
    }))
}

/// As many features of the output as fit where the scores were, again and again: put there, visited
/// (`visit` is told the first feature), and taken back if the output is still needed.
fn in_turns(cut: &Cut, visit: impl Fn(usize) -> String, take: bool) -> String {
    lines((0..cut.features).step_by(cut.keys).map(|first| {
        let here = || {
            cut.outputs()
                .filter(move |[_, f]| (first..first + cut.keys).contains(f))
        };
        let puts =
            here().map(|[row, f]| format!("put(own + {row}u, {}u, out_{row}_{f});", f - first));
        let takes = here().filter(|_| take).map(|[row, f]| {
            format!(
                "out_{row}_{f} = take(own + {row}u, {}u, out_{row}_{f});",
                f - first
            )
        });
        // What lanes take, others may be the next to put.
        let end = if take { "workgroupBarrier();" } else { "" };
        format!(
            "{}
             workgroupBarrier();
             for (var task = lane; task < OWN * KEYS; task += LANES) {{
                 let query = own + task / KEYS;
                 {}
             }}
             workgroupBarrier();
             {}
             {end}",
            lines(puts),
            visit(first),
            lines(takes)
        )
    }))
}

fn shrink(cut: &Cut) -> String {
    let visit = |_| "scores[query * SCORES_STRIDE + task % KEYS] *= shrinks[query];".to_owned();
    in_turns(cut, visit, true)
}

fn store(cut: &Cut) -> String {
    let visit = |first| {
        format!(
            "let value = scores[query * SCORES_STRIDE + task % KEYS] / totals[query];
             store(first_query + query, {first}u + task % KEYS, head, item, value);"
        )
    };
    in_turns(cut, visit, false)
}
