//! Fills in `float.wgsl`.

use super::Variant;
use crate::gpu::{Enable, Source, fused, lines};

const TEMPLATE: &str = concat!(include_str!("shared.wgsl"), include_str!("float.wgsl"));
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
    let find =
        |name: &str, first: &str| {
            lines((0..OWN).map(|t| {
                format!("let {name}_{t} = token_at(item, {first} + {t}u * 8u + load_token);")
            }))
        };
    let read = [("query", 0), ("key", 1)];
    let read_operands = read.into_iter().flat_map(|(name, part)| {
        (0..OWN).map(move |t| {
            format!(
                "let new_{name}_{t} = at({name}_{t}, {part}u, head, chunk * QUADS + load_quad);"
            )
        })
    });
    let keep_operands = read.into_iter().flat_map(|(name, part)| {
        (0..OWN).map(move |t| {
            format!(
                "tile[{part}u * QUADS + load_quad][{t}][load_token ^ load_quad] \
                     = Four(new_{name}_{t});"
            )
        })
    });
    let read_values = (0..variant.chunks()).flat_map(|chunk| {
        (0..OWN).map(move |t| {
            format!(
                "let new_value_{chunk}_{t} = at(key_{t}, 2u, head, {chunk}u * QUADS + load_quad);"
            )
        })
    });
    let keep_values = (0..variant.chunks()).map(|chunk| {
        let own: Vec<String> = (0..OWN).map(|t| format!("new_value_{chunk}_{t}")).collect();
        format!(
            "keep_values({}, load_token, {chunk}u, load_quad);",
            own.join(", ")
        )
    });
    let queries = (0..OWN).map(|i| format!("let q_{i} = vec4<f32>(tile[quad][{i}][swapped.y]);"));
    let keys =
        (0..OWN).map(|j| format!("let k_{j} = vec4<f32>(tile[QUADS + quad][{j}][swapped.x]);"));
    let products = cells(OWN).map(|[i, j]| {
        let score = format!("score_{i}_{j}");
        format!(
            "{score} = {};",
            fused(&score, &format!("q_{i}"), &format!("k_{j}"))
        )
    });
    let shares =
        (0..OWN).map(|i| format!("let share_{i} = vec4<f32>(shares[keys][{i}][swapped]);"));
    let values = (0..features).map(|f| {
        let [chunk, own] = [f / OWN, f % OWN];
        format!("let value_{f} = vec4<f32>(tile[keys * CHUNKS + {chunk}u][{own}][local.x]);")
    });
    let sums = cells(features).map(|[i, f]| {
        let out = format!("out_{i}_{f}");
        format!(
            "{out} = {};",
            fused(&out, &format!("share_{i}"), &format!("value_{f}"))
        )
    });
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
        .fill("find_queries", find("query", "first_query"))
        .fill("find_keys", find("key", "first_key"))
        .fill("read_operands", lines(read_operands))
        .fill("keep_operands", lines(keep_operands))
        .fill("read_values", lines(read_values))
        .fill("keep_values", lines(keep_values))
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
