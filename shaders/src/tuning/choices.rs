//! Tiles, arithmetic, and choices of them.

/// The part of a product's output that one invocation owns, in registers. It is a sixty-fourth of its
/// workgroup's, which subgroup matrices divide differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tile {
    /// The number of rows: every eighth of the workgroup's.
    pub rows: usize,
    /// The number of columns: every eighth of the workgroup's, of both matrices of a gate. It is even,
    /// and rows and columns together are at most sixteen.
    pub columns: usize,
}

impl Tile {
    /// The smallest that the table chooses.
    pub(crate) const MIN: Self = Self {
        rows: 4,
        columns: 4,
    };
}

/// The arithmetic of products. Sums are f32 in all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arithmetic {
    /// Operands in f32, not rounded: on every device.
    Single,
    /// Operands rounded to f16 in workgroup memory, of which they take half as much: where the device
    /// has f16.
    Half,
    /// Operands in 8 bits, four products an instruction: where WGSL has
    /// `packed_4x8_integer_dot_product`, for weights that are stored in 8 or 4 bits. Each block of 32
    /// values of x is rounded to 8 bits at its own scale.
    Packed,
    /// Subgroup matrices, operands rounded to their type: where WGSL has them, so far in Chromium with
    /// experimental features enabled.
    SubgroupMatrix(SubgroupMatrix),
}

/// A kind of subgroup matrix: m × k values times k × n, in f32 sums.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SubgroupMatrix {
    /// Rows of the product: 8 or 16.
    pub m: usize,
    /// Columns of the product: 8 or 16.
    pub n: usize,
    /// Terms of each sum of the product: 8 or 16.
    pub k: usize,
    /// Whether operands are f16; f32 otherwise.
    pub half: bool,
    /// The fixed number of invocations of a subgroup. `None`: one invocation emulates the matrices in
    /// plain arithmetic, for tests; this works on every device, but slowly.
    pub lanes: Option<usize>,
}

impl SubgroupMatrix {
    #[cfg(feature = "gpu")]
    pub(crate) fn is_emulated(self) -> bool {
        self.lanes.is_none()
    }

    /// Invocations that share a matrix.
    #[cfg(feature = "gpu")]
    pub(crate) fn lanes(self) -> usize {
        self.lanes.unwrap_or(1)
    }

    /// Whether the kernels support this kind: its sides divide every tile, every block of weights and
    /// every chunk of a head, and the tiles fit into workgroup memory. Of f32 only Metal's 8 by 8 does.
    #[cfg(all(feature = "gpu", target_arch = "wasm32"))]
    pub(crate) fn is_known(self) -> bool {
        let sizes: &[usize] = if self.half { &[8, 16] } else { &[8] };
        [self.m, self.n, self.k]
            .iter()
            .all(|size| sizes.contains(size))
    }
}

/// Choices of a measurement or a test in place of the table's.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tuning {
    /// The tile of every product.
    pub tile: Option<Tile>,
    /// The arithmetic of every product and of attention; `Single` where the device or the weight does
    /// not allow it.
    pub arithmetic: Option<Arithmetic>,
    /// Whether subgroups are used where they are offered.
    pub subgroups: Option<bool>,
}
