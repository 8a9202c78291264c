//! Fills in `wide.wgsl`.

use super::super::kernel::{Enable, Source, lines};
use super::Variant;

const TEMPLATE: &str = concat!(include_str!("../attention.wgsl"), include_str!("wide.wgsl"));
/// Queries and keys of a tile.
pub(super) const TILE: usize = 32;
/// Queries that an invocation owns, and keys: every eighth one of a tile.
const OWN: usize = TILE / 8;
const LETTERS: [&str; OWN] = ["x", "y", "z", "w"];

/// The holes that are this way's own.
pub(super) fn source(variant: Variant, half: bool) -> Source {
    let subgroups = variant.subgroups;
    let enable = Enable {
        half,
        subgroups,
        matrices: false,
    };
    let features = variant.chunks() * OWN; // that an invocation owns
    let cells = |columns: usize| (0..OWN).flat_map(move |i| (0..columns).map(move |j| [i, j]));
    let scores = (0..OWN).map(|i| {
        let own: Vec<String> = (0..OWN).map(|j| format!("score_{i}_{j}")).collect();
        format!(
            "let s_{i} = select(vec4(LOWEST), vec4({}), there);",
            own.join(", ")
        )
    });
    let queries = (0..OWN)
        .map(|i| format!("let q_{i} = vec4<f32>(tile[quad * TILE + {i}u * 8u + local.y]);"));
    let keys = (0..OWN).map(|j| {
        format!("let k_{j} = vec4<f32>(tile[KEYS_AT + quad * TILE + {j}u * 8u + local.x]);")
    });
    let products = cells(OWN).map(|[i, j]| format!("score_{i}_{j} += dot(q_{i}, k_{j});"));
    let shares = (0..OWN)
        .map(|i| format!("let share_{i} = vec4<f32>(shares[keys * TILE + {i}u * 8u + local.y]);"));
    let values = (0..features).map(|f| {
        format!("let value_{f} = vec4<f32>(tile[keys * FEATURES + {f}u * 8u + local.x]);")
    });
    let sums = cells(features).map(|[i, f]| format!("out_{i}_{f} += dot(share_{i}, value_{f});"));
    Source::new("attention", TEMPLATE)
        .fill("enable", enable.text())
        .fill(
            "partial",
            match subgroups {
                true => "",
                // Of an invocation's four queries.
                false => "var<workgroup> partial: array<vec4<f32>, 64>;",
            },
        )
        .fill(
            "largest_of_eight",
            of_eight(subgroups, |a, b| format!("max({a}, {b})")),
        )
        .fill(
            "sum_of_eight",
            of_eight(subgroups, |a, b| format!("{a} + {b}")),
        )
        .fill(
            "declare_out",
            lines(cells(features).map(|[i, f]| format!("var out_{i}_{f} = 0.0;"))),
        )
        .fill(
            "declare_scores",
            lines(cells(OWN).map(|[i, j]| format!("var score_{i}_{j} = 0.0;"))),
        )
        .fill(
            "multiply_scores",
            lines(queries.chain(keys).chain(products)),
        )
        .fill("scores", lines(scores))
        .fill(
            "shrink",
            lines(cells(features).map(|[i, f]| format!("out_{i}_{f} *= shrink.{};", LETTERS[i]))),
        )
        .fill("multiply_values", lines(shares.chain(values).chain(sums)))
        .fill(
            "store",
            lines(cells(features).map(|[i, f]| {
                format!(
                    "store(first_query + {i}u * 8u + local.y, {f}u * 8u + local.x, head, item, \
                         out_{i}_{f} * whole.{});",
                    LETTERS[i]
                )
            })),
        )
}

/// What `mine` of eight neighbours make together; a barrier lies in it either way.
fn of_eight(subgroups: bool, join: fn(&str, &str) -> String) -> String {
    let steps = |step: &dyn Fn(u32) -> String, of: &[u32]| {
        lines(
            of.iter()
                .map(|&i| format!("all = {};", join("all", &step(i)))),
        )
    };
    match subgroups {
        true => format!(
            "var all = mine;
             {}
             workgroupBarrier();
             return all;",
            steps(&|i| format!("subgroupShuffleXor(all, {i}u)"), &[1, 2, 4])
        ),
        // What was read of it before lies behind the barrier that follows each tile's values.
        false => format!(
            "partial[invocation] = mine;
             workgroupBarrier();
             let first = invocation / 8u * 8u;
             var all = partial[first];
             {}
             return all;",
            steps(
                &|i| format!("partial[first + {i}u]"),
                &[1, 2, 3, 4, 5, 6, 7]
            )
        ),
    }
}
