//! Fills in `float.wgsl`.

use image2_package::blocks::{BLOCK, Format};

use super::{INVOCATIONS, Product};
use crate::gpu::{Enable, NARROWED, Source, summed};
use crate::tuning::Arithmetic;

const TEMPLATE: &str = concat!(
    include_str!("product.wgsl"),
    include_str!("decode.wgsl"),
    include_str!("float.wgsl")
);

/// Vectors of four values in a block.
pub(super) const QUADS: usize = BLOCK / 4;

pub(super) fn source(product: Product, name: &'static str) -> Source {
    let half = product.arithmetic == Arithmetic::Half;
    let enable = Enable {
        half,
        ..Enable::default()
    };
    // Vectors of four k that an invocation loads from a weight row's block, and how many of them are
    // in a vector of four words.
    let quads = QUADS * product.matrix_columns() / INVOCATIONS;
    let in_vector = quads_in_vector(product.format);
    let source = Source::new(name, TEMPLATE)
        .fill("invocations", INVOCATIONS)
        .fill("enable", enable.text())
        .flag("half", half)
        .include("narrowed", NARROWED)
        .flag("whole_rows", quads == QUADS)
        .fill("share_quads", quads)
        .list("share_vectors", 0..quads.div_ceil(in_vector))
        .table("share", (0..quads).map(|q| [q, q / in_vector]))
        .list("own_columns", 0..product.tile.columns)
        .table("quads", summed(QUADS))
        .include("load_weights", include_str!("load_weights.wgsl"))
        .list("seconds", product.seconds());
    decoding(product.finished(source), product.format)
}

/// The flags of `decode.wgsl`.
pub(super) fn decoding(source: Source, format: Format) -> Source {
    source
        .flag("f32", format == Format::F32)
        .flag("f16", format == Format::F16)
        .flag("q8", format == Format::Q8)
        .flag("q4", format == Format::Q4)
}

/// Vectors of four k in a vector of four words.
pub(super) fn quads_in_vector(format: Format) -> usize {
    QUADS / (format.words_per_block() / 4)
}
