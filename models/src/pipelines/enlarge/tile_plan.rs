//! A pass divided into tiles: pure arithmetic, so that any device, worker or thread can run any
//! tile.
//!
//! All tiles of a pass read windows of one size, so one graph runs them all. A window lies inside
//! the region that the pass reads, which ends at the content of a transparent picture and extends
//! beyond the edge of an opaque one, whose edge pixels repeat. Each tile owns a rectangle of the
//! output; together these cover the region exactly once. Its window extends a margin beyond its
//! rectangle, except where the region ends: a convolution pads with zeros there, whether it runs in
//! tiles or not.

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
    /// The output pixels of the region: those that lie in it wholly, and the picture's last one,
    /// which may extend beyond it.
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

    /// Input pixels that make these output pixels, with the margin, as far as the region extends.
    /// At both ends the region's own end counts, so that the first and the last window touch it.
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
mod tests;
