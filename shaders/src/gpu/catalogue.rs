//! Every kernel that a device may be given, for whoever compiles them without one.

use image2_package::blocks::Format;

use super::{advance, attention, linear, peak, preview, rotate};

/// Heads, and features of a head: one chunk, cut short, and two.
const HEADS: [[usize; 2]; 3] = [[4, 64], [2, 52], [1, 32]];

/// Names and sources, in WGSL as browsers are given it.
#[must_use]
pub fn kernels() -> Vec<(&'static str, String)> {
    let mut sources = vec![preview::source(), peak::source()];
    sources.extend(BOTH.map(advance::source));
    for [heads, head_dim] in HEADS {
        sources.push(rotate::source(heads, head_dim));
        for (half, subgroups) in BOTH
            .into_iter()
            .flat_map(|half| BOTH.map(|other| (half, other)))
        {
            let variant = attention::Variant {
                heads,
                head_dim,
                half,
                subgroups,
            };
            sources.push(variant.source());
        }
    }
    sources.extend(FORMATS.into_iter().flat_map(linear::sources));
    sources
        .iter()
        .map(|source| (source.name(), source.text()))
        .collect()
}

const BOTH: [bool; 2] = [false, true];
const FORMATS: [Format; 4] = [Format::F32, Format::F16, Format::Q8, Format::Q4];
