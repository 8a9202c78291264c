//! Every kernel that a device may be given, for whoever compiles them without one.

use image2_package::blocks::Format;

use super::{advance, attention, linear, peak, preview, rotate};
use crate::tuning::{Arithmetic, Unit};

/// Heads, and features of a head: two whole chunks, two of which one is cut short, and one chunk.
const HEADS: [[usize; 2]; 3] = [[4, 64], [2, 52], [1, 32]];

/// Names and sources, in WGSL as browsers are given it.
#[must_use]
pub fn kernels() -> Vec<(&'static str, String)> {
    let mut sources = vec![preview::source(), peak::source()];
    sources.extend(BOTH.map(advance::source));
    for [heads, head_dim] in HEADS {
        sources.push(rotate::source(heads, head_dim));
        let plain = [Arithmetic::Single, Arithmetic::Half].map(|way| BOTH.map(|on| (way, on)));
        let matrices = UNITS.map(|unit| (Arithmetic::Matrix(unit), true));
        sources.extend(plain.as_flattened().iter().chain(&matrices).map(
            |&(arithmetic, subgroups)| {
                let variant = attention::Variant {
                    heads,
                    head_dim,
                    arithmetic,
                    subgroups,
                };
                variant.source()
            },
        ));
    }
    sources.extend(
        FORMATS
            .into_iter()
            .flat_map(|format| linear::sources(format, &UNITS)),
    );
    sources
        .iter()
        .map(|source| (source.name(), source.text()))
        .collect()
}

const BOTH: [bool; 2] = [false, true];
const FORMATS: [Format; 4] = [Format::F32, Format::F16, Format::Q8, Format::Q4];
/// Subgroup matrices as Metal has them, as most others do, and of two sides.
/// Fewer lanes than 32, Dawn's device that computes nothing does not take.
const UNITS: [Unit; 3] = [
    Unit {
        m: 8,
        n: 8,
        k: 8,
        half: false,
        lanes: 32,
    },
    Unit {
        m: 16,
        n: 16,
        k: 16,
        half: true,
        lanes: 32,
    },
    Unit {
        m: 8,
        n: 16,
        k: 16,
        half: true,
        lanes: 64,
    },
];
