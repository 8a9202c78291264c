//! The operations: what each means, what it reads and writes, and what it costs.

use std::sync::Arc;

use super::{Graph, Id, Rows};
use crate::layer::Layer;

/// Added to mean squares before the root.
pub const EPSILON: f32 = 1e-6;

/// One operation.
#[derive(Clone, Debug)]
pub enum Op {
    /// See [`Linear`].
    Linear(Linear),
    /// See [`Rotate`].
    Rotate(Rotate),
    /// See [`Attention`].
    Attention(Attention),
    /// See [`Advance`].
    Advance(Advance),
    /// See [`Preview`].
    Preview(Preview),
}

/// `y = layer(norm x) + residual`.
///
/// With a gated layer `layer(x)` is `silu(w₁ x) · w₃ x`. Where `x` or `residual` has fewer rows
/// than `y`, they repeat: rows of positions serve every picture of a batch. Where `x` has fewer
/// columns than the layer has inputs, the missing ones count as zeros.
#[derive(Clone, Debug)]
pub struct Linear {
    /// The weights.
    pub layer: Arc<Layer>,
    /// What goes in.
    pub x: Rows,
    /// Whether each row of `x` is divided by `√(mean(x²) + ε)` before.
    pub normed: bool,
    /// Added to the product; may be `y` itself.
    pub residual: Option<Rows>,
    /// What comes out; another matrix than `x`.
    pub y: Rows,
}

/// Norm and rotation of queries and keys, in place.
///
/// Each head of `q` and `k` is divided by `√(mean(x²) + ε)` and turned by its row's angles; `q`
/// is then scaled by `log₂ e / √head_dim`, so that attention works with powers of two.
#[derive(Clone, Debug)]
pub struct Rotate {
    /// `[rows, 3 × heads × head_dim]`: queries, keys, values.
    pub qkv: Id,
    /// Heads.
    pub heads: usize,
    /// Features of a head, even.
    pub head_dim: usize,
    /// `[rows, head_dim]`: half of each row are the cosines, half the sines of its angles.
    pub angles: Id,
}

/// Which rows attend to each other: `first.count` rows of each text, then `second.count` rows of
/// each picture. Of item `b` of the batch they begin at `first.at + b × first.count`, and so on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sequence {
    /// First row of the batch's texts, and rows of each.
    pub text: [usize; 2],
    /// First row of the batch's pictures, and rows of each.
    pub picture: [usize; 2],
    /// Items of the batch.
    pub batch: usize,
}

impl Sequence {
    /// Rows of one item.
    #[must_use]
    pub fn length(&self) -> usize {
        self.text[1] + self.picture[1]
    }

    /// The row of token `i` of item `b`.
    #[must_use]
    pub fn row(&self, b: usize, i: usize) -> usize {
        match i.checked_sub(self.text[1]) {
            None => self.text[0] + b * self.text[1] + i,
            Some(i) => self.picture[0] + b * self.picture[1] + i,
        }
    }
}

/// `out = softmax(q kᵀ) v` for each head, on queries and keys that [`Rotate`] prepared.
#[derive(Clone, Debug)]
pub struct Attention {
    /// `[rows, 3 × heads × head_dim]`
    pub qkv: Id,
    /// `[rows, heads × head_dim]`; another matrix than `qkv`.
    pub out: Id,
    /// Heads.
    pub heads: usize,
    /// Features of a head.
    pub head_dim: usize,
    /// Which rows attend to each other.
    pub sequence: Sequence,
    /// Whether only the pictures' rows ask: the last block's texts are read by nobody.
    pub pictures_only: bool,
}

/// One step along the flow, with guidance.
///
/// With `g = clean₁ + scale (clean₀ − clean₁)`, or `clean₀` where only one branch was computed:
/// `saved = x + w_saved (g − x)` and `x = base + w (g − x)`, where `base` is `x` for the first
/// stage of a step and what an earlier stage saved for the second.
#[derive(Clone, Debug)]
pub struct Advance {
    /// `[patches, ≥ channels × patch²]`: the picture on its way, each patch channel by channel.
    pub x: Id,
    /// `[branches × patches, patch² × channels]`: foreseen, each patch pixel by pixel; one or two
    /// branches, the one with text first.
    pub clean: Rows,
    /// `[patches, channels × patch²]`: `g`, in the layout of `x`.
    pub guided: Id,
    /// `[patches, channels × patch²]`: kept between a step's stages.
    pub saved: Id,
    /// `[1, 4]`: scale, w, w_saved, and 1 where the base is what was saved, else 0.
    pub weights: Id,
    /// Channels of a pixel.
    pub channels: usize,
}

/// A picture as pixels for the eye, and what has to be known of its values before it is believed.
///
/// A value `v` stands for `(v + 1) / 2`. Alpha is clamped to 0 and 1, colour clamped to alpha and
/// divided by it, then alpha stretched so that `haze` of it is nothing and all but as much is solid.
/// Three channels are opaque.
#[derive(Clone, Debug)]
pub struct Preview {
    /// `[patches, channels × patch²]`: premultiplied, each patch channel by channel.
    pub values: Id,
    /// `[1, Preview::length(…)]`, of bits: see [`Preview::decode`].
    pub out: Id,
    /// Channels of a pixel, 3 or 4.
    pub channels: usize,
    /// Height and width in pixels.
    pub size: [usize; 2],
    /// Side of a patch in pixels.
    pub patch: usize,
    /// Alpha that counts as none.
    pub haze: f32,
}

/// What [`Preview`] made.
#[derive(Clone, Debug, PartialEq)]
pub struct Previewed {
    /// Red, green, blue, alpha of each pixel, not premultiplied, row by row.
    pub rgba: Vec<u8>,
    /// The first value that is NaN or infinite, counted plane by plane.
    pub non_finite: Option<usize>,
    /// The smallest and the largest of all others.
    pub extent: [f32; 2],
}

macro_rules! into_op {
    ($($name:ident),*) => {$(
        impl From<$name> for Op {
            fn from(op: $name) -> Self {
                Self::$name(op)
            }
        }
    )*};
}
into_op!(Linear, Rotate, Attention, Advance, Preview);

impl Op {
    /// What it reads.
    #[must_use]
    pub fn reads(&self) -> Vec<Id> {
        match self {
            Self::Linear(op) => [Some(op.x.of), op.residual.map(|rows| rows.of)]
                .into_iter()
                .flatten()
                .collect(),
            Self::Rotate(op) => vec![op.qkv, op.angles],
            Self::Attention(op) => vec![op.qkv],
            Self::Advance(op) => vec![op.x, op.clean.of, op.saved, op.weights],
            Self::Preview(op) => vec![op.values],
        }
    }

    /// What it writes, wholly or in part.
    #[must_use]
    pub fn writes(&self) -> Vec<Id> {
        match self {
            Self::Linear(op) => vec![op.y.of],
            Self::Rotate(op) => vec![op.qkv],
            Self::Attention(op) => vec![op.out],
            Self::Advance(op) => vec![op.x, op.guided, op.saved],
            Self::Preview(op) => vec![op.out],
        }
    }

    /// Multiplications and additions, those of norms and gates left out.
    #[must_use]
    pub fn flops(&self) -> u64 {
        match self {
            Self::Linear(op) => op.flops(),
            Self::Attention(op) => op.flops(),
            Self::Rotate(_) | Self::Advance(_) | Self::Preview(_) => 0,
        }
    }

    pub(super) fn check(&self, graph: &Graph) {
        match self {
            Self::Linear(op) => op.check(graph),
            Self::Rotate(op) => {
                let [rows, columns] = graph.shape(op.qkv);
                assert_eq!(columns, 3 * op.heads * op.head_dim, "queries, keys, values");
                assert!(op.head_dim.is_multiple_of(2), "a rotation turns pairs");
                assert_eq!(graph.shape(op.angles), [rows, op.head_dim], "angles");
            }
            Self::Attention(op) => {
                let [rows, columns] = graph.shape(op.qkv);
                let width = op.heads * op.head_dim;
                assert_eq!(columns, 3 * width, "queries, keys, values");
                assert_eq!(graph.shape(op.out), [rows, width], "the output");
                let ends = [op.sequence.text, op.sequence.picture]
                    .map(|[first, count]| first + op.sequence.batch * count);
                assert!(ends.iter().all(|&end| end <= rows), "{:?}", op.sequence);
                assert_ne!(op.qkv, op.out);
            }
            Self::Advance(op) => op.check(graph),
            Self::Preview(op) => op.check(graph),
        }
    }
}

impl Attention {
    /// The first token of an item that asks.
    pub(crate) fn first(&self) -> usize {
        match self.pictures_only {
            true => self.sequence.text[1],
            false => 0,
        }
    }

    pub(crate) fn flops(&self) -> u64 {
        let asked = self.sequence.length() - self.first();
        let products = self.sequence.batch * asked * self.sequence.length();
        4 * (products * self.heads * self.head_dim) as u64
    }
}

impl Linear {
    pub(crate) fn flops(&self) -> u64 {
        2 * (self.y.count * self.x.columns * self.layer.stored_rows()) as u64
    }

    fn check(&self, graph: &Graph) {
        for rows in [Some(self.x), self.residual, Some(self.y)]
            .into_iter()
            .flatten()
        {
            let [count, columns] = graph.shape(rows.of);
            assert!(
                rows.first + rows.count <= count && rows.columns <= columns && rows.count > 0,
                "{rows:?} of a matrix of {count} by {columns}"
            );
            assert!(
                self.y.count.is_multiple_of(rows.count),
                "{} rows do not repeat to {}",
                rows.count,
                self.y.count
            );
        }
        assert!(
            (1..=self.layer.inputs()).contains(&self.x.columns),
            "{} features for a layer that reads {}",
            self.x.columns,
            self.layer.inputs()
        );
        assert_eq!(
            self.y.columns,
            self.layer.outputs(),
            "features of the output"
        );
        assert!(
            self.residual
                .is_none_or(|rows| rows.columns == self.y.columns),
            "features of the residual"
        );
        assert_ne!(self.x.of, self.y.of, "a product is not made in place");
        assert!(
            self.residual
                .is_none_or(|rows| rows.of != self.y.of || rows == self.y),
            "a residual within the output is the output"
        );
    }
}

impl Advance {
    fn check(&self, graph: &Graph) {
        let [patches, _] = graph.shape(self.x);
        let values = self.clean.columns;
        assert!(
            self.clean.count == patches || self.clean.count == 2 * patches,
            "one or two branches"
        );
        assert!(values.is_multiple_of(self.channels) && graph.shape(self.x)[1] >= values);
        assert_eq!(graph.shape(self.clean.of)[1], values);
        assert_eq!(graph.shape(self.guided), [patches, values]);
        assert_eq!(graph.shape(self.saved), [patches, values]);
        assert_eq!(graph.shape(self.weights), [1, 4]);
    }
}

impl Rotate {
    /// Heads of a row, of queries and keys, that are turned together: a device has a limit of such
    /// groups.
    pub const GROUP: usize = 8;
}

impl Preview {
    /// Pixels whose values are looked through together.
    pub const GROUP: usize = 256;
    /// Words that tell of a group: the first value that is not finite, counted from 1 (0 where all
    /// are), then the least and the greatest of the others. A buffer that nobody wrote says that
    /// all are zero.
    pub(crate) const SEEN: usize = 3;

    /// Words for pixels and what was seen of them.
    #[must_use]
    pub fn length([height, width]: [usize; 2]) -> usize {
        let pixels = height * width;
        pixels + Self::SEEN * pixels.div_ceil(Self::GROUP)
    }

    /// Reads the bits of `out`.
    ///
    /// # Panics
    /// If they are not as many as a picture of this size has.
    #[must_use]
    pub fn decode(bits: &[u32], size: [usize; 2]) -> Previewed {
        assert_eq!(bits.len(), Self::length(size), "bits of {size:?} pixels");
        let (pixels, seen) = bits.split_at(size[0] * size[1]);
        let (groups, _) = seen.as_chunks::<{ Self::SEEN }>();
        let first = groups.iter().map(|group| group[0]).filter(|&i| i > 0).min();
        let ends = groups
            .iter()
            .map(|group| [group[1], group[2]].map(f32::from_bits));
        let extent = ends.reduce(|[a, b], [low, high]| [a.min(low), b.max(high)]);
        Previewed {
            // Least significant byte first, as WebGPU has it wherever it runs.
            rgba: bytemuck::cast_slice(pixels).to_vec(),
            non_finite: first.map(|i| i as usize - 1),
            extent: extent.unwrap_or_default(),
        }
    }

    fn check(&self, graph: &Graph) {
        let ([height, width], area) = (self.size, self.patch * self.patch);
        assert!(matches!(self.channels, 3 | 4), "channels of a pixel");
        assert!(self.size.iter().all(|side| side.is_multiple_of(self.patch)));
        assert_eq!(
            graph.shape(self.values),
            [height * width / area, self.channels * area],
            "the picture"
        );
        assert_eq!(graph.shape(self.out), [1, Self::length(self.size)]);
        assert!((0.0..0.5).contains(&self.haze), "both ends differ");
    }
}
