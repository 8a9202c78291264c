//! How kernels are cut, and what they compute in: what is best depends on the device and the
//! shapes.
//!
//! The table is small, and what is not in it is like its neighbour. It is compiled in: nothing is
//! measured before the first picture. `examples/measure.rs` measures every way on any machine,
//! beside what is chosen there.

/// The part of a product's output that one invocation owns, in registers: a sixty-fourth of its
/// workgroup's, which subgroup matrices divide otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tile {
    /// Every eighth row, so many.
    pub rows: usize,
    /// Every eighth column, so many, those of both matrices of a gate counted: an even number.
    /// Rows and columns together are sixteen at most.
    pub columns: usize,
}

/// What products are computed in. Sums are f32 in all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arithmetic {
    /// Operands in f32: on every device, exact.
    Single,
    /// Operands rounded to f16 on their way through workgroup memory, which takes half the room:
    /// where the device has f16.
    Half,
    /// Operands in 8 bits, four products an instruction: where WGSL offers it, for weights that
    /// are stored in 8 or 4 bits. A block of 32 values of x is rounded to 8 bits at its own scale.
    Packed,
    /// By subgroup matrices of this kind, operands rounded to what it multiplies: where WGSL has
    /// them, so far in Chromium if its user asks for experiments.
    SubgroupMatrix(SubgroupMatrix),
}

/// Subgroup matrices as a device multiplies them: m × k values by k × n, in f32 sums.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SubgroupMatrix {
    /// Rows of the product: 8 or 16.
    pub m: usize,
    /// Columns of the product: 8 or 16.
    pub n: usize,
    /// Values that are multiplied for one of the product: 8 or 16.
    pub k: usize,
    /// Whether it multiplies f16; f32 otherwise.
    pub half: bool,
    /// Invocations of a subgroup, always as many; `None` where one invocation emulates the matrices
    /// in plain arithmetic, which works on every device, slowly, for tests.
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

    /// Whether its matrices divide every tile, every block of weights and every chunk of a head, and
    /// go into workgroup memory. Of f32 only the 8 by 8 of Metal do.
    #[cfg(all(feature = "gpu", target_arch = "wasm32"))]
    pub(crate) fn is_known(self) -> bool {
        let sizes: &[usize] = if self.half { &[8, 16] } else { &[8] };
        [self.m, self.n, self.k]
            .iter()
            .all(|size| sizes.contains(size))
    }
}

/// Who made the device, where that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// A processor that plays a GPU.
    Software,
    /// AMD.
    Amd,
    /// Apple.
    Apple,
    /// Arm: Mali and its successors.
    Arm,
    /// Intel.
    Intel,
    /// NVIDIA.
    Nvidia,
    /// Qualcomm: Adreno.
    Qualcomm,
    /// Anything else, and a browser that does not say.
    Unknown,
}

impl Family {
    /// By the number that the PCI consortium or Khronos gave the maker.
    #[must_use]
    pub fn from_vendor_id(id: u32) -> Self {
        match id {
            0x1002 => Self::Amd,
            0x106b => Self::Apple,
            0x13b5 => Self::Arm,
            0x8086 => Self::Intel,
            0x10de => Self::Nvidia,
            0x5143 => Self::Qualcomm,
            _ => Self::Unknown,
        }
    }

    /// By the name that WebGPU's `GPUAdapterInfo.vendor` gives.
    #[must_use]
    pub fn from_vendor_name(name: &str) -> Self {
        match name {
            // Samsung's GPUs are AMD's design.
            "amd" | "samsung" => Self::Amd,
            "apple" => Self::Apple,
            "arm" => Self::Arm,
            "intel" => Self::Intel,
            "nvidia" => Self::Nvidia,
            "qualcomm" => Self::Qualcomm,
            // SwiftShader, WARP and lavapipe.
            "google" | "microsoft" | "mesa" => Self::Software,
            _ => Self::Unknown,
        }
    }

    /// Whether its GPUs of an architecture, as WebGPU's `GPUAdapterInfo.architecture` names it, have
    /// an instruction that multiplies four bytes by four: elsewhere it is imitated by a dozen, and a
    /// product takes about ten times as long. What is not named is newer than what is.
    #[must_use]
    pub fn multiplies_bytes(self, architecture: &str) -> bool {
        let without: &[&str] = match self {
            Self::Amd => &["gcn-", "rdna-1"],
            Self::Intel => &["gen-7", "gen-8", "gen-9", "gen-11"],
            Self::Nvidia => &["fermi", "kepler", "maxwell"],
            // Some of the sixth have it.
            Self::Qualcomm => &["adreno-4xx", "adreno-5xx", "adreno-6xx"],
            Self::Arm => &["midgard", "bifrost"],
            Self::Software | Self::Apple | Self::Unknown => return false,
        };
        !without.iter().any(|name| architecture.starts_with(name))
    }
}

/// What a device is and offers beyond what every WebGPU device does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Traits {
    /// Who made it.
    pub family: Family,
    /// Whether kernels may compute in f16.
    pub half: bool,
    /// Whether kernels may compute four 8-bit products at once.
    pub packed: bool,
    /// Whether it has an instruction for them.
    pub multiplies_bytes: bool,
    /// Whether neighbouring invocations may exchange values without workgroup memory: subgroups
    /// of eight at least.
    pub subgroups: bool,
    /// Its subgroup matrices, if WGSL has them.
    pub subgroup_matrix: Option<SubgroupMatrix>,
}

/// Choices that a measurement or a test makes instead of the table.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tuning {
    /// Of every product.
    pub tile: Option<Tile>,
    /// Of every product and of attention; what a device or a weight does not allow stays `Single`.
    pub arithmetic: Option<Arithmetic>,
    /// Whether subgroups are used where they are offered.
    pub subgroups: Option<bool>,
}

/// Tiles from the one that reads least for each product to the one that makes most workgroups.
#[cfg(feature = "gpu")]
pub(crate) const TILES: [Tile; 3] = [
    Tile {
        rows: 8,
        columns: 8,
    },
    Tile {
        rows: 4,
        columns: 8,
    },
    Tile {
        rows: 4,
        columns: 4,
    },
];

#[cfg(feature = "gpu")]
impl Family {
    /// Those of `TILES` whose sums and operands go into its registers. What does not is kept in
    /// memory, which takes twice as long: Apple's and many of Intel's have 128 for an invocation, Arm's
    /// 64, others 192 and more. Who does not say may be any of them.
    fn tiles(self) -> &'static [Tile] {
        match self {
            Self::Software | Self::Amd | Self::Nvidia | Self::Qualcomm => &TILES,
            Self::Apple | Self::Intel | Self::Unknown => &TILES[1..],
            Self::Arm => &TILES[2..],
        }
    }

    /// Whether f16 is widened for the product on the way. NVIDIA's and Intel's take instructions of
    /// their own for it, and Intel's registers then no longer suffice; AMD's mix both widths, since
    /// RDNA 3 at half the rate. Of Qualcomm's that is not known. Apple's mix them, too; rounding to f16
    /// takes a twelfth more instructions in all, and leaves registers for a quarter more invocations.
    fn widens_freely(self) -> bool {
        matches!(self, Self::Apple)
    }
}

/// Workgroups that keep a GPU busy. Software has two or three to keep busy, and is slowed by every
/// read: there the largest tile is best at all shapes (`examples/measure.rs` on SwiftShader).
#[cfg(feature = "gpu")]
const WORKGROUPS_MIN: usize = 128;

#[cfg(feature = "gpu")]
impl Tile {
    /// As large as workgroup memory allows.
    pub(crate) fn for_arithmetic(self, arithmetic: Arithmetic) -> Self {
        let rows = match arithmetic {
            Arithmetic::SubgroupMatrix(SubgroupMatrix { half: false, .. }) => self.rows.min(4),
            _ => self.rows,
        };
        Self { rows, ..self }
    }
}

#[cfg(feature = "gpu")]
impl Traits {
    /// The arithmetic that is fastest here, for weights that are whole numbers or not.
    fn arithmetic(self, whole: bool) -> Arithmetic {
        // They are there for nothing else.
        if let Some(unit) = self.subgroup_matrix {
            return Arithmetic::SubgroupMatrix(unit);
        }
        let packed = whole && self.packed && self.multiplies_bytes;
        match (packed, self.half && self.family.widens_freely()) {
            (true, _) => Arithmetic::Packed,
            (false, true) => Arithmetic::Half,
            (false, false) => Arithmetic::Single,
        }
    }

    fn offers(self, matrix: SubgroupMatrix) -> bool {
        self.subgroup_matrix == Some(matrix)
            || (matrix.is_emulated() && (self.half || !matrix.half))
    }
}

#[cfg(feature = "gpu")]
impl Tuning {
    /// The tile of a product of `rows` by `columns`, those of both matrices of a gate counted.
    pub(crate) fn tile(
        self,
        traits: Traits,
        arithmetic: Arithmetic,
        rows: usize,
        columns: usize,
    ) -> Tile {
        let workgroups =
            |tile: &&Tile| rows.div_ceil(8 * tile.rows) * columns.div_ceil(8 * tile.columns);
        let software = traits.family == Family::Software;
        let enough = |tile: &&Tile| software || workgroups(tile) >= WORKGROUPS_MIN;
        let tiles = match arithmetic {
            // A subgroup's registers hold them together.
            Arithmetic::SubgroupMatrix(_) => &TILES,
            _ => traits.family.tiles(),
        };
        let fitting = tiles.iter().find(enough).unwrap_or(&TILES[2]);
        self.tile.unwrap_or(*fitting).for_arithmetic(arithmetic)
    }

    /// What a product is computed in, whose weights are `whole` numbers with scales or not: those of
    /// attention never are.
    pub(crate) fn arithmetic(self, traits: Traits, whole: bool) -> Arithmetic {
        let wanted = self.arithmetic.unwrap_or(traits.arithmetic(whole));
        match wanted {
            Arithmetic::Packed if whole && traits.packed => wanted,
            Arithmetic::Half if traits.half => wanted,
            Arithmetic::SubgroupMatrix(unit) if traits.offers(unit) => wanted,
            _ => Arithmetic::Single,
        }
    }

    pub(crate) fn subgroups(self, traits: Traits) -> bool {
        traits.subgroups && self.subgroups.unwrap_or(true)
    }
}

#[cfg(all(test, feature = "gpu"))]
mod tests {
    use super::*;

    const PLAIN: Traits = Traits {
        family: Family::Unknown,
        half: false,
        packed: false,
        multiplies_bytes: false,
        subgroups: false,
        subgroup_matrix: None,
    };

    const MATRIX: SubgroupMatrix = SubgroupMatrix {
        m: 16,
        n: 16,
        k: 16,
        half: true,
        lanes: Some(32),
    };

    #[test]
    fn small_products_are_cut_finer_where_there_is_much_to_keep_busy() {
        let tile = |family, rows| {
            Tuning::default().tile(Traits { family, ..PLAIN }, Arithmetic::Single, rows, 768)
        };
        assert_eq!(tile(Family::Nvidia, 2304), TILES[0]);
        assert_eq!(tile(Family::Nvidia, 350), TILES[1]);
        assert_eq!(tile(Family::Nvidia, 20), TILES[2]);
        assert_eq!(tile(Family::Software, 20), TILES[0]);
    }

    #[test]
    fn what_does_not_go_into_registers_is_not_tried() {
        let tile = |family| {
            Tuning::default().tile(Traits { family, ..PLAIN }, Arithmetic::Single, 2304, 2304)
        };
        assert_eq!(tile(Family::Apple), TILES[1]);
        assert_eq!(tile(Family::Unknown), TILES[1]);
        assert_eq!(tile(Family::Arm), TILES[2]);
    }

    #[test]
    fn old_gpus_do_not_multiply_bytes() {
        for (family, architecture, does) in [
            (Family::Amd, "gcn-5", false),
            (Family::Amd, "rdna-1", false),
            (Family::Amd, "rdna-2", true),
            (Family::Intel, "gen-9", false),
            (Family::Intel, "gen-12-lp", true),
            (Family::Nvidia, "maxwell", false),
            (Family::Nvidia, "ampere", true),
            (Family::Qualcomm, "adreno-6xx", false),
            (Family::Qualcomm, "adreno-7xx", true),
            (Family::Amd, "", true), // newer than the browser
            (Family::Arm, "bifrost", false),
            (Family::Arm, "valhall", true),
            (Family::Apple, "metal-3", false),
        ] {
            assert_eq!(
                family.multiplies_bytes(architecture),
                does,
                "{family:?} {architecture}"
            );
        }
    }

    #[test]
    fn arithmetic_is_what_the_device_offers_and_does_well() {
        let all = Traits {
            family: Family::Intel,
            half: true,
            packed: true,
            multiplies_bytes: true,
            subgroups: true,
            subgroup_matrix: None,
        };
        let chosen = |traits, whole| Tuning::default().arithmetic(traits, whole);
        assert_eq!(chosen(all, true), Arithmetic::Packed);
        assert_eq!(chosen(all, false), Arithmetic::Single);
        assert_eq!(chosen(PLAIN, true), Arithmetic::Single);
        let old = Traits {
            multiplies_bytes: false,
            ..all
        };
        assert_eq!(chosen(old, true), Arithmetic::Single);
        let apple = Traits {
            family: Family::Apple,
            multiplies_bytes: false,
            ..all
        };
        assert_eq!(chosen(apple, true), Arithmetic::Half);
        let experimental = Traits {
            subgroup_matrix: Some(MATRIX),
            ..all
        };
        assert_eq!(
            chosen(experimental, true),
            Arithmetic::SubgroupMatrix(MATRIX)
        );
        assert_eq!(
            chosen(experimental, false),
            Arithmetic::SubgroupMatrix(MATRIX)
        );
    }

    #[test]
    fn tiles_of_f32_for_subgroup_matrices_go_into_workgroup_memory() {
        let tile = |half| {
            let side = if half { 16 } else { 8 };
            let [m, n, k] = [side; 3];
            let unit = SubgroupMatrix {
                m,
                n,
                k,
                half,
                ..MATRIX
            };
            Tuning::default().tile(PLAIN, Arithmetic::SubgroupMatrix(unit), 2304, 768)
        };
        assert_eq!(tile(true).rows, 8);
        assert_eq!(tile(false).rows, 4);
    }

    #[test]
    fn a_wish_that_the_device_cannot_fulfil_is_single() {
        let wish = |arithmetic| Tuning {
            arithmetic: Some(arithmetic),
            ..Tuning::default()
        };
        assert_eq!(
            wish(Arithmetic::Half).arithmetic(PLAIN, true),
            Arithmetic::Single
        );
        let packed = Traits {
            packed: true,
            ..PLAIN
        };
        assert_eq!(
            wish(Arithmetic::Packed).arithmetic(packed, true),
            Arithmetic::Packed
        );
        assert_eq!(
            wish(Arithmetic::Packed).arithmetic(packed, false),
            Arithmetic::Single
        );
        assert_eq!(
            wish(Arithmetic::SubgroupMatrix(MATRIX)).arithmetic(packed, true),
            Arithmetic::Single
        );
    }
}
