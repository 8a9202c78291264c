//! A pass divided into tiles: pure arithmetic, so that any device, worker or thread can run any tile.
//!
//! All tiles of a pass read windows of one size, so one graph runs them all. A window lies inside the region
//! that the pass reads, which ends at the content of a transparent picture and extends beyond the edge of
//! an opaque one, whose edge pixels repeat. Each tile owns a rectangle of the output; together these cover
//! the region exactly once. Its window extends a margin beyond its rectangle, except where the region
//! ends: a convolution pads with zeros there, whether it runs in tiles or not.

use serde::{Deserialize, Serialize};

use super::passes::{Pass, Ratio, Side};

/// Pixels from the first to before the last, of one side.
pub type Extent = [i32; 2];

/// How a pass is divided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tiling {
    /// The longest side of a window, in input pixels.
    pub window_max: u32,
    /// Input pixels that a window extends beyond the pixels that its rectangle is made from.
    pub margin: u32,
    /// The factor by which the network enlarges.
    pub factor: u32,
}

/// One side of a tile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// The first input pixel of the window; pixels outside of the picture repeat its edge.
    pub start: i32,
    /// Input pixels of the window.
    pub size: u32,
    /// The first output pixel of the rectangle.
    pub first: u32,
    /// Output pixels of the rectangle.
    pub count: u32,
    /// The start of the first output pixel in the enlarged window, in parts of `ratio[1]`.
    pub offset: u32,
    /// Enlarged pixels for output pixels: see `Ratio`.
    pub ratio: [u32; 2],
}

/// A tile of a pass: what it reads and which output pixels it makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TileWork {
    /// The pass, from 1.
    pub pass: u32,
    /// The tile's number within the pass, from 0.
    pub number: u32,
    /// The factor by which the network enlarges.
    pub factor: u32,
    /// Top to bottom.
    pub rows: Span,
    /// Left to right.
    pub columns: Span,
}

impl TileWork {
    /// Height and width of the window, in input pixels.
    #[must_use]
    pub fn window(&self) -> [usize; 2] {
        [self.rows.size, self.columns.size].map(|side| side as usize)
    }

    /// Height and width of the result, in output pixels.
    #[must_use]
    pub fn output(&self) -> [usize; 2] {
        [self.rows.count, self.columns.count].map(|side| side as usize)
    }
}

/// The tiles of a pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TilePlan {
    /// Row by row.
    pub tiles: Vec<TileWork>,
}

impl TilePlan {
    /// Divides pass number `number` of a picture, of which the pass reads `region` (rows, columns).
    /// Output outside of the region is transparent.
    ///
    /// # Panics
    /// If the region is empty, or `tiling` has windows that are all margin.
    #[must_use]
    pub fn new(number: u32, pass: &Pass, region: [Extent; 2], tiling: Tiling) -> Self {
        let [rows, columns] = [0, 1].map(|i| spans(&pass[i], region[i], tiling));
        let pairs = rows
            .iter()
            .flat_map(|rows| columns.iter().map(move |columns| (*rows, *columns)));
        let tile = |(at, (rows, columns))| TileWork {
            pass: number,
            number: at,
            factor: tiling.factor,
            rows,
            columns,
        };
        Self {
            tiles: (0..).zip(pairs).map(tile).collect(),
        }
    }
}

/// The fewest spans of equal windows that cover one side.
fn spans(side: &Side, region: Extent, tiling: Tiling) -> Vec<Span> {
    let Tiling {
        window_max, margin, ..
    } = tiling;
    assert!(
        region[0] < region[1] && window_max >= 2 * margin + 4,
        "region {region:?}, windows of {window_max} with a margin of {margin}"
    );
    let axis = Axis {
        side,
        region,
        tiling,
    };
    let owned = axis.owned();
    let mut count = 1;
    loop {
        let ends: Vec<[i64; 2]> = (0..count).map(|i| split(owned, count, i)).collect();
        let reads: Vec<[i64; 2]> = ends.iter().map(|ends| axis.reads(*ends, owned)).collect();
        let size = reads.iter().map(|[from, to]| to - from).max().unwrap_or(0);
        if size <= i64::from(window_max) {
            let spans = ends.iter().zip(&reads);
            return spans
                .map(|(ends, [from, _])| axis.span(*ends, *from, size))
                .collect();
        }
        count += 1;
    }
}

/// Part `i` of `count` nearly equal parts.
fn split([from, to]: [i64; 2], count: i64, i: i64) -> [i64; 2] {
    [i, i + 1].map(|i| from + (to - from) * i / count)
}

/// One side of a pass and of the region that it reads.
struct Axis<'a> {
    side: &'a Side,
    region: Extent,
    tiling: Tiling,
}

impl Axis<'_> {
    /// The output pixels of the region: those that lie in it wholly, and the picture's last one, which
    /// may extend beyond it.
    fn owned(&self) -> [i64; 2] {
        let [from, to] = self.region.map(i64::from);
        let output = i64::from(self.side.output);
        let first = div_ceil(from * self.input_pixel(), self.output_pixel());
        let last = match to >= i64::from(self.side.input) {
            true => output,
            false => (to * self.input_pixel()).div_euclid(self.output_pixel()),
        };
        [first.clamp(0, output), last.clamp(0, output)]
    }

    /// Input pixels that make these output pixels, with the margin, as far as the region extends. At both
    /// ends the region's own end counts, so that the first and the last window touch it.
    fn reads(&self, [first, last]: [i64; 2], owned: [i64; 2]) -> [i64; 2] {
        let [low, high] = self.region.map(i64::from);
        let margin = i64::from(self.tiling.margin);
        let from = (first * self.output_pixel()).div_euclid(self.input_pixel()) - margin;
        let to = div_ceil(last * self.output_pixel(), self.input_pixel()) + margin;
        [
            if first == owned[0] {
                low
            } else {
                from.max(low)
            },
            if last == owned[1] { high } else { to.min(high) },
        ]
    }

    fn span(&self, [first, last]: [i64; 2], from: i64, size: i64) -> Span {
        let start = from.min(i64::from(self.region[1]) - size);
        let Ratio { enlarged, output } = self.side.ratio;
        let offset = first * self.output_pixel() - start * self.input_pixel();
        Span {
            start: start as i32,
            size: size as u32,
            first: first as u32,
            count: (last - first) as u32,
            offset: offset as u32,
            ratio: [enlarged, output],
        }
    }

    /// The length of an input pixel in parts of an enlarged one.
    fn input_pixel(&self) -> i64 {
        i64::from(self.tiling.factor) * i64::from(self.side.ratio.output)
    }

    /// The length of an output pixel in parts of an enlarged one.
    fn output_pixel(&self) -> i64 {
        i64::from(self.side.ratio.enlarged)
    }
}

fn div_ceil(a: i64, b: i64) -> i64 {
    -(-a).div_euclid(b)
}

#[cfg(test)]
mod tests {
    use super::super::passes::passes;
    use super::*;

    const MARGIN: u32 = 8;

    fn tiling(window_max: u32) -> Tiling {
        Tiling {
            window_max,
            margin: MARGIN,
            factor: 4,
        }
    }

    /// Calls `check` with every pass of many enlargements, a region of it, and its spans.
    fn each(check: impl Fn(&Side, Extent, &[Span])) {
        let sizes = [
            (64, 256),
            (64, 300),
            (64, 512),
            (64, 1001),
            (64, 4096),
            (37, 199),
            (500, 1024),
        ];
        for (from, to) in sizes {
            for [side, _] in passes([from; 2], [to; 2], 4) {
                let length = side.input as i32;
                for region in [
                    [0, length],
                    [-8, length + 8],
                    [5, length - 3],
                    [length / 2 - 3, length / 2 + 2],
                    [0, 7],
                    [length - 7, length],
                ] {
                    for window_max in [20, 64, 100, 272] {
                        check(&side, region, &spans(&side, region, tiling(window_max)));
                    }
                }
            }
        }
    }

    #[test]
    fn tiles_cover_the_region_exactly_once() {
        each(|side, region, spans| {
            let axis = Axis {
                side,
                region,
                tiling: tiling(64),
            };
            let [first, last] = axis.owned().map(|pixel| pixel as u32);
            let mut next = first;
            for span in spans {
                assert_eq!(span.first, next, "{side:?} {region:?}");
                assert!(span.count > 0);
                next += span.count;
            }
            assert_eq!(next, last);
            // All pixels of a whole picture.
            if region[0] <= 0 {
                assert_eq!(first, 0);
            }
            if region[1] >= side.input as i32 {
                assert_eq!(last, side.output);
            }
        });
    }

    #[test]
    fn windows_are_equal_within_the_region_and_hold_their_margins() {
        each(|side, region, spans| {
            for span in spans {
                let end = span.start + span.size as i32;
                assert_eq!(span.size, spans[0].size);
                assert!(
                    region[0] <= span.start && end <= region[1],
                    "{span:?} of {region:?}"
                );
                let [enlarged, output] = span.ratio.map(f64::from);
                // The rectangle in input pixels.
                let input = |pixel: u32| f64::from(pixel) * enlarged / output / 4.0;
                let margins = [
                    input(span.first) - f64::from(span.start),
                    f64::from(end) - input(span.first + span.count),
                ];
                let margin = f64::from(MARGIN);
                assert!(margins[0] >= margin || span.start == region[0], "{span:?}");
                let at_end = end == region[1];
                assert!(
                    margins[1] >= margin || at_end,
                    "{span:?} of {region:?} {side:?}"
                );
                // The offset says the same.
                let offset = f64::from(span.offset) / output / 4.0;
                assert!((offset - margins[0]).abs() < 1e-9, "{span:?}");
            }
        });
    }

    #[test]
    fn windows_are_no_larger_than_allowed_and_no_more_than_needed() {
        let whole = |from: u32, to: u32, window_max| {
            let pass = *passes([from; 2], [to; 2], 4).last().expect("a pass");
            let region = [[0, pass[0].input as i32]; 2];
            TilePlan::new(1, &pass, region, tiling(window_max))
        };
        let plan = whole(64, 256, 64);
        assert_eq!((plan.tiles.len(), plan.tiles[0].window()), (1, [64, 64]));
        assert_eq!(plan.tiles[0].output(), [256, 256]);
        // Four parts of 256, the inner ones with 8 on each side.
        let plan = whole(64, 4096, 272);
        assert_eq!((plan.tiles.len(), plan.tiles[0].window()), (16, [272, 272]));
        let numbers: Vec<u32> = plan.tiles.iter().map(|tile| tile.number).collect();
        assert_eq!(numbers, (0..16).collect::<Vec<_>>());
        each(|_, _, spans| assert!(spans[0].size <= 272));
    }

    #[test]
    #[should_panic(expected = "region [3, 3]")]
    fn an_empty_region_is_a_mistake_of_the_caller() {
        let pass = passes([64; 2], [256; 2], 4)[0];
        let _ = TilePlan::new(1, &pass, [[3, 3]; 2], tiling(64));
    }
}
