//! The memory that the plan of a real network's pass takes, against the lower bound of any plan.

use std::sync::Arc;

use crate::ops::{Attention, Linear, QkNormRope, Sequence};
use crate::testing::Weights;
use crate::{Compute, Graph, LinearWeights, Rows, TensorId, Workspace};
use image2_package::blocks::Format;

/// Sizes of an MM-JiT.
struct Size {
    name: &'static str,
    width: usize,
    heads: usize,
    hidden: usize,
    text: usize,
    patches: usize,
    /// Values of a patch.
    patch: usize,
}

const SIZES: [Size; 2] = [
    Size {
        name: "mini, 256²",
        width: 384,
        heads: 6,
        hidden: 1024,
        text: 40,
        patches: 256,
        patch: 1024,
    },
    Size {
        name: "B/16, 512²",
        width: 768,
        heads: 12,
        hidden: 2048,
        text: 128,
        patches: 1024,
        patch: 768,
    },
];

/// Two of its blocks: the others repeat the second one's shapes. Weights are shared, because only
/// shapes matter here. A batch of two is both branches of the guidance.
fn pass(size: &Size, batch: usize) -> Graph {
    let compute = Compute::cpu();
    let width = size.width;
    let sequence = Sequence {
        text: [0, size.text],
        picture: [batch * size.text, size.patches],
        batch,
    };
    let rows = batch * sequence.length();
    let layer = |out, input| {
        Arc::new(LinearWeights::new(
            Weights::new(out, input, Format::Q4, 1).on(&compute),
        ))
    };
    let [qkv, proj, down] = [
        layer(3 * width, width),
        layer(width, width),
        layer(width, size.hidden),
    ];
    let gate = || Weights::new(size.hidden, width, Format::Q4, 1).on(&compute);
    let gate = Arc::new(LinearWeights::gated(gate(), gate()));
    let [embed, last] = [layer(width, size.patch), layer(size.patch, width)];
    let mut graph = Graph::new(&compute);
    let linear = |graph: &mut Graph,
                  layer: &Arc<LinearWeights>,
                  x: Rows,
                  residual: Option<Rows>,
                  y: Rows| {
        graph.push(Linear {
            weights: layer.clone(),
            x,
            rms_norm: None,
            residual,
            y,
        });
    };
    let [x, stream] = [
        graph.planned(size.patches, size.patch),
        graph.planned(rows, width),
    ];
    let [angles, clean] = [
        graph.planned(rows, width / size.heads),
        graph.planned(batch * size.patches, size.patch),
    ];
    let pictures = |graph: &Graph, of: TensorId| Rows {
        first: batch * size.text,
        count: batch * size.patches,
        ..graph.rows(of)
    };
    let (from, to) = (graph.rows(x), pictures(&graph, stream));
    linear(&mut graph, &embed, from, None, to);
    for _ in 0..2 {
        let [asked, mixed, hidden] =
            [3 * width, width, size.hidden].map(|columns| graph.planned(rows, columns));
        let all = |graph: &Graph| [stream, asked, mixed, hidden].map(|id| graph.rows(id));
        let [s, a, m, h] = all(&graph);
        linear(&mut graph, &qkv, s, None, a);
        graph.push(QkNormRope {
            qkv: asked,
            heads: size.heads,
            head_dim: width / size.heads,
            angles,
            epsilon: 1e-6,
        });
        graph.push(Attention {
            qkv: asked,
            out: mixed,
            heads: size.heads,
            head_dim: width / size.heads,
            sequence,
            pictures_only: false,
        });
        linear(&mut graph, &proj, m, Some(s), s);
        linear(&mut graph, &gate, s, None, h);
        linear(&mut graph, &down, h, Some(s), s);
    }
    let (from, to) = (pictures(&graph, stream), graph.rows(clean));
    linear(&mut graph, &last, from, None, to);
    graph
}

#[test]
fn a_pass_takes_little_more_than_its_largest_operation() {
    for size in &SIZES {
        let graph = pass(size, 2);
        let (planned, least) = (graph.planned_bytes(), graph.lower_bound_bytes());
        println!(
            "{}: {:.1} MB planned, {:.1} MB alive at once",
            size.name,
            planned as f64 / 1e6,
            least as f64 / 1e6
        );
        assert!(
            10 * planned <= 13 * least,
            "{}: {planned} of {least}",
            size.name
        );
    }
}

/// A sampler runs a pass of one branch or of both, never two passes at once.
#[test]
fn passes_in_one_workspace_take_no_more_than_the_largest() {
    for size in &SIZES {
        let [one, both] = [1, 2].map(|batch| pass(size, batch));
        let least = both.lower_bound_bytes();
        let mut workspace = Workspace::default();
        let graphs = [&both, &one].map(|graph| graph.prepare(&mut workspace));
        let shared = workspace.bytes();
        assert!(10 * shared <= 13 * least, "{}: {shared}", size.name);
        assert_eq!(shared, both.planned_bytes());
        // In the opposite order the buffers of the smaller pass are extra: prepare the larger first.
        let mut workspace = Workspace::default();
        let others = [&one, &both].map(|graph| graph.prepare(&mut workspace));
        assert!(workspace.bytes() > shared);
        for graph in graphs.into_iter().chain(others) {
            graph.finish().expect("no fault");
        }
    }
}
