//! Launches `attention.wgsl`.

use super::kernel::{Source, lines, workgroups};
use super::recording::{Dispatch, Memory};
use crate::graph::Attention;

const TILE: usize = 32;
const LETTERS: [&str; 4] = ["x", "y", "z", "w"];

pub(super) fn dispatch(op: &Attention, memory: &Memory<'_>) -> Dispatch {
    let sequence = op.sequence;
    let first = if op.pictures_only {
        sequence.text[1]
    } else {
        0
    };
    let asked = sequence.length() - first;
    let [text, picture] = [sequence.text, sequence.picture];
    let parameters = [
        text[0],
        text[1],
        picture[0],
        sequence.length(),
        first,
        0,
        0,
        0,
    ];
    let chunks = op.head_dim.div_ceil(TILE);
    assert!(
        op.head_dim.is_multiple_of(4) && chunks <= 2,
        "heads of {} features",
        op.head_dim
    );
    let cells = || (0..chunks).flat_map(|c| (0..4).map(move |i| [c, i]));
    let declare = lines(cells().map(|[c, i]| format!("var out_{c}{i} = vec4<f32>();")));
    let shrink = lines(cells().map(|[c, i]| format!("out_{c}{i} *= shrink.{};", LETTERS[i])));
    let values = (0..chunks)
        .map(|c| format!("let value_{c} = tile[key * VALUE_GROUPS + {c}u * 8u + local.x];"));
    let sums = cells().map(|[c, i]| format!("out_{c}{i} += share.{} * value_{c};", LETTERS[i]));
    let store = lines(cells().map(|[c, i]| {
        format!(
            "store({i}u, {c}u, local, first_query, head, item, out_{c}{i} * whole.{});",
            LETTERS[i]
        )
    }));
    Dispatch {
        source: Source::new("attention", include_str!("attention.wgsl"))
            .fill("heads", op.heads)
            .fill("head_dim", op.head_dim)
            .fill("chunks", chunks)
            .fill("declare", declare)
            .fill("shrink", shrink)
            .fill("multiply", lines(values.chain(sums)))
            .fill("store", store),
        parameters: parameters.map(|number| number as u32).to_vec(),
        buffers: vec![memory.buffer(op.qkv), memory.buffer(op.out)],
        workgroups: workgroups([asked.div_ceil(TILE), op.heads, sequence.batch]),
    }
}
