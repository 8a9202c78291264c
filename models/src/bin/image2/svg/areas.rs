//! A drawing reduced to areas of the colours of its palette.
//!
//! Only pixels amid their own colour name the palette. From there areas grow to their edges, so that the
//! mixed colours of soft edges become none of their own.

use std::collections::BTreeMap;

use image2_picture::Picture;

use super::oklab::Oklab;
use super::palette::palette;

/// Less alpha is outside.
const OPAQUE: u8 = 128;
/// Within an area, pixels this far apart differ by no more than this.
const REACH: usize = 2;
const SAME: f32 = 0.02;
/// Edges are smoothed by the majority within this distance, in so many rounds.
const SMOOTHING: usize = 3;
const ROUNDS: usize = 2;

/// The areas of a drawing.
pub struct Areas {
    width: usize,
    /// The colour of each pixel, by index; `None` outside.
    labels: Vec<Option<u8>>,
    /// The mean of each colour's pixels.
    pub colours: Vec<[u8; 3]>,
}

impl Areas {
    pub fn of(picture: &Picture) -> Self {
        let pixels = picture.rgba().as_chunks::<4>().0;
        let width = picture.width() as usize;
        let seen: Vec<Oklab> = pixels
            .iter()
            .map(|&[r, g, b, _]| Oklab::of([r, g, b]))
            .collect();
        let is_inside = |i: usize| pixels[i][3] >= OPAQUE;
        let amid: Vec<bool> = (0..pixels.len())
            .map(|i| {
                let mut around = around(i, width, pixels.len(), REACH);
                pixels[i][3] == 255
                    && around.all(|j| is_inside(j) && seen[i].distance(seen[j]) < SAME)
            })
            .collect();
        let rgb = |i: usize| [pixels[i][0], pixels[i][1], pixels[i][2]];
        let colours = palette((0..pixels.len()).filter(|&i| amid[i]).map(rgb));
        let mut labels: Vec<Option<u8>> = (0..pixels.len())
            .map(|i| amid[i].then(|| seen[i].nearest(&colours) as u8))
            .collect();
        grow(&mut labels, width, &seen, &colours, is_inside);
        for _ in 0..ROUNDS {
            labels = smoothed(&labels, width, colours.len());
        }
        let mut sums = vec![([0_u64; 3], 0_u64); colours.len()];
        for i in (0..pixels.len()).filter(|&i| amid[i]) {
            if let Some(label) = labels[i] {
                let (sum, count) = &mut sums[usize::from(label)];
                sum.iter_mut()
                    .zip(rgb(i))
                    .for_each(|(sum, value)| *sum += u64::from(value));
                *count += 1;
            }
        }
        let mean = |(sum, count): &([u64; 3], u64)| sum.map(|sum| (sum / count.max(&1)) as u8);
        Self {
            width,
            labels,
            colours: sums.iter().map(mean).collect(),
        }
    }

    /// Width and height in pixels.
    pub fn size(&self) -> [usize; 2] {
        [self.width, self.labels.len() / self.width]
    }

    /// The colour of each pixel; `None` outside.
    pub fn pixels(&self) -> impl Iterator<Item = Option<[u8; 3]>> {
        let colour = |label: &Option<u8>| label.map(|label| self.colours[usize::from(label)]);
        self.labels.iter().map(colour)
    }
}

/// The pixels `reach` to the left, right, above and below, as far as there are any.
fn around(i: usize, width: usize, count: usize, reach: usize) -> impl Iterator<Item = usize> {
    let column = i % width;
    let places = [
        i.checked_sub(reach).filter(|_| column >= reach),
        Some(i + reach).filter(|_| column + reach < width),
        i.checked_sub(reach * width),
        Some(i + reach * width).filter(|&below| below < count),
    ];
    places.into_iter().flatten()
}

/// Extends the areas pixel by pixel; where several meet, to the one of the most similar colour.
fn grow(
    labels: &mut [Option<u8>],
    width: usize,
    seen: &[Oklab],
    colours: &[Oklab],
    is_inside: impl Fn(usize) -> bool,
) {
    let mut front: Vec<usize> = (0..labels.len()).filter(|&i| labels[i].is_some()).collect();
    while !front.is_empty() {
        let mut next: BTreeMap<usize, u8> = BTreeMap::new();
        for (i, label) in front.iter().filter_map(|&i| Some((i, labels[i]?))) {
            for j in around(i, width, labels.len(), 1) {
                if labels[j].is_some() || !is_inside(j) {
                    continue;
                }
                let distance = |label: u8| colours[usize::from(label)].distance(seen[j]);
                let best = next.entry(j).or_insert(label);
                if distance(label) < distance(*best) {
                    *best = label;
                }
            }
        }
        front = next.keys().copied().collect();
        next.into_iter()
            .for_each(|(i, label)| labels[i] = Some(label));
    }
}

/// Each pixel inside as most of those around it.
fn smoothed(labels: &[Option<u8>], width: usize, colours: usize) -> Vec<Option<u8>> {
    let height = labels.len() / width.max(1);
    let near = |at: usize, end: usize| at.saturating_sub(SMOOTHING)..(at + SMOOTHING + 1).min(end);
    let mut counts = vec![0_u8; colours];
    let mut majority = |i: usize, own: u8| {
        counts.fill(0);
        for y in near(i / width, height) {
            let row = &labels[y * width..][near(i % width, width)];
            row.iter()
                .flatten()
                .for_each(|&label| counts[usize::from(label)] += 1);
        }
        let most = (0..colours).max_by_key(|&label| (counts[label], label == usize::from(own)));
        most.map_or(own, |label| label as u8)
    };
    let labels = labels.iter().enumerate();
    labels
        .map(|(i, label)| label.map(|own| majority(i, own)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A square of red and one of white that meet in a soft edge of six pixels, on nothing.
    fn soft() -> Picture {
        let pixel = |i: u32| {
            let [y, x] = [i / 60, i % 60];
            let share = (x as f32 - 27.0).clamp(0.0, 6.0) / 6.0;
            let mix = |red: f32| (red + (250.0 - red) * share) as u8;
            let inside = (10..50).contains(&x) && (10..50).contains(&y);
            [
                mix(220.0),
                mix(30.0),
                mix(40.0),
                if inside { 255 } else { 60 },
            ]
        };
        let rgba = (0..60 * 60).flat_map(pixel).collect();
        Picture::new(60, 60, rgba).expect("a picture")
    }

    #[test]
    fn soft_edges_become_no_areas_of_their_own() {
        let areas = Areas::of(&soft());
        assert_eq!(areas.colours, [[220, 30, 40], [250, 250, 250]]);
        let pixels: Vec<_> = areas.pixels().collect();
        let row = |y: usize| &pixels[y * 60..][..60];
        assert!(row(5).iter().all(Option::is_none));
        let middle = row(30);
        assert!(middle[9].is_none() && middle[50].is_none());
        assert_eq!(
            (middle[10], middle[49]),
            (Some([220, 30, 40]), Some([250, 250, 250]))
        );
        let turns = middle[10..50]
            .windows(2)
            .filter(|pair| pair[0] != pair[1])
            .count();
        assert_eq!(turns, 1, "{middle:?}");
    }

    #[test]
    fn nothing_has_no_areas() {
        let areas = Areas::of(&Picture::new(3, 2, vec![0; 24]).expect("a picture"));
        assert!(areas.colours.is_empty() && areas.pixels().all(|pixel| pixel.is_none()));
    }
}
