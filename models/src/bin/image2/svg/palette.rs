//! The few colours of a flat drawing.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::oklab::Oklab;

const COLOURS_MAX: usize = 24;
/// Colours closer than this are shades of one.
const DISTANCE: f32 = 0.075;
/// A colour of a smaller share is noise, unless it differs as much as an eye from its face.
const SHARE: f32 = 0.004;
const SHARE_OF_DETAILS: f32 = 0.000_3;
const DISTANCE_OF_DETAILS: f32 = 0.2;
/// Rounds in which each colour moves to the middle of its pixels.
const ROUNDS: usize = 6;

/// Pixels of nearly the same colour.
struct Bin {
    pixels: f32,
    mean: Oklab,
}

/// Finds the colours of these pixels.
pub fn palette(pixels: impl Iterator<Item = [u8; 3]>) -> Vec<Oklab> {
    let bins = bins(pixels);
    let mut colours: Vec<Oklab> = Vec::new();
    for bin in &bins {
        let is_new = |known: &Oklab| known.distance(bin.mean) > DISTANCE;
        if colours.len() < COLOURS_MAX && colours.iter().all(is_new) {
            colours.push(bin.mean);
        }
    }
    let mut shares = Vec::new();
    for _ in 0..ROUNDS {
        shares = centre(&mut colours, &bins);
    }
    let is_kept = |i: &usize| {
        let others = (0..colours.len()).filter(|other| other != i);
        let nearest = others.map(|other| colours[*i].distance(colours[other]));
        let is_detail = nearest.fold(f32::MAX, f32::min) > DISTANCE_OF_DETAILS;
        shares[*i] > if is_detail { SHARE_OF_DETAILS } else { SHARE }
    };
    let kept = (0..colours.len()).filter(is_kept);
    kept.map(|i| colours[i]).collect()
}

/// The largest first; of equal ones the order is that of their colours, so that it is always the same.
fn bins(pixels: impl Iterator<Item = [u8; 3]>) -> Vec<Bin> {
    let mut sums: BTreeMap<[u8; 3], (u32, [f64; 3])> = BTreeMap::new();
    for rgb in pixels {
        let (count, sum) = sums.entry(rgb.map(|value| value / 8)).or_default();
        *count += 1;
        for (sum, value) in sum.iter_mut().zip(Oklab::of(rgb).0) {
            *sum += f64::from(value);
        }
    }
    let mut bins: Vec<(u32, [f64; 3])> = sums.into_values().collect();
    bins.sort_by_key(|(count, _)| Reverse(*count));
    let bin = |(count, sum): (u32, [f64; 3])| Bin {
        pixels: count as f32,
        mean: Oklab(sum.map(|sum| (sum / f64::from(count)) as f32)),
    };
    bins.into_iter().map(bin).collect()
}

/// Moves each colour to the middle of its pixels, and returns their shares.
fn centre(colours: &mut [Oklab], bins: &[Bin]) -> Vec<f32> {
    let mut sums = vec![(0.0, [0.0; 3]); colours.len()];
    for bin in bins {
        let (pixels, sum) = &mut sums[bin.mean.nearest(colours)];
        *pixels += bin.pixels;
        for (sum, value) in sum.iter_mut().zip(bin.mean.0) {
            *sum += bin.pixels * value;
        }
    }
    for (colour, (pixels, sum)) in colours.iter_mut().zip(&sums) {
        if *pixels > 0.0 {
            *colour = Oklab(sum.map(|sum| sum / pixels));
        }
    }
    let total: f32 = sums.iter().map(|(pixels, _)| pixels).sum();
    sums.iter().map(|(pixels, _)| pixels / total).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(pixels: &[([u8; 3], usize)]) -> Vec<Oklab> {
        palette(
            pixels
                .iter()
                .flat_map(|(rgb, count)| vec![*rgb; *count].into_iter()),
        )
    }

    #[test]
    fn shades_are_one_colour_and_details_are_kept() {
        let colours = found(&[
            ([240, 160, 90], 6_000),
            ([236, 155, 88], 3_000),
            ([60, 160, 70], 900),
            // An eye.
            ([20, 20, 24], 12),
            // A shade that a soft edge leaves.
            ([220, 130, 70], 12),
        ]);
        assert_eq!(colours.len(), 3, "{colours:?}");
        assert!(colours[2].distance(Oklab::of([20, 20, 24])) < 0.01);
        assert!(found(&[]).is_empty());
    }
}
