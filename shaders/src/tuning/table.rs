//! The table: which arithmetic and which tile suit which device.

use super::choices::{Arithmetic, SubgroupMatrix, Tile, Tuning};
use super::traits::{Family, Traits};

/// From the tile with the fewest reads per product to the one with the most workgroups.
pub(crate) const TILES: [Tile; 3] = [
    Tile {
        rows: 8,
        columns: 8,
    },
    Tile {
        rows: 4,
        columns: 8,
    },
    Tile::MIN,
];

impl Family {
    /// The tiles whose sums and operands fit into its registers. Spilled to memory, a product takes
    /// twice as long. Apple and many of Intel's GPUs have 128 registers for an invocation, Arm 64,
    /// others 192 and more. An unknown GPU may be Apple's or Intel's.
    fn tiles(self) -> &'static [Tile] {
        match self {
            Self::Software | Self::Amd | Self::Nvidia | Self::Qualcomm => &TILES,
            Self::Apple | Self::Intel | Self::Unknown => &TILES[1..],
            Self::Arm => &TILES[2..],
        }
    }

    /// Whether instructions accept f16 operands for f32 sums at full rate. NVIDIA and Intel need extra
    /// instructions to widen them, and Intel then runs out of registers. AMD mixes both widths, since
    /// RDNA 3 at half the rate. Qualcomm is unknown. On Apple, rounding to f16 adds a twelfth to the
    /// instructions and leaves registers for a quarter more invocations.
    fn widens_freely(self) -> bool {
        matches!(self, Self::Apple)
    }
}

/// Workgroups that fill a GPU. A software driver runs two or three at a time and every read slows it
/// down: there the largest tile is best at all shapes (`examples/measure.rs` on SwiftShader).
const WORKGROUPS_MIN: usize = 128;

impl Tile {
    /// Reduced to what workgroup memory allows.
    pub(crate) fn for_arithmetic(self, arithmetic: Arithmetic) -> Self {
        let rows = match arithmetic {
            Arithmetic::SubgroupMatrix(SubgroupMatrix { half: false, .. }) => self.rows.min(4),
            _ => self.rows,
        };
        Self { rows, ..self }
    }
}

impl Traits {
    /// The fastest arithmetic, for quantized weights or others.
    fn arithmetic(self, quantized: bool) -> Arithmetic {
        if let Some(matrix) = self.subgroup_matrix {
            return Arithmetic::SubgroupMatrix(matrix);
        }
        let packed = quantized && self.packed && self.multiplies_bytes;
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

impl Tuning {
    /// The tile of a product of `rows` by `columns`, which are those of both matrices of a gate.
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
            // All lanes of a subgroup hold a matrix together.
            Arithmetic::SubgroupMatrix(_) => &TILES,
            _ => traits.family.tiles(),
        };
        let fitting = tiles.iter().find(enough).unwrap_or(&TILES[2]);
        self.tile.unwrap_or(*fitting).for_arithmetic(arithmetic)
    }

    /// The arithmetic of a product. Its weights are `quantized` to integers with scales or not;
    /// attention's operands never are.
    pub(crate) fn arithmetic(self, traits: Traits, quantized: bool) -> Arithmetic {
        let wanted = self.arithmetic.unwrap_or(traits.arithmetic(quantized));
        match wanted {
            Arithmetic::Packed if quantized && traits.packed => wanted,
            Arithmetic::Half if traits.half => wanted,
            Arithmetic::SubgroupMatrix(matrix) if traits.offers(matrix) => wanted,
            _ => Arithmetic::Single,
        }
    }

    /// Whether kernels exchange values between lanes.
    pub(crate) fn subgroups(self, traits: Traits) -> bool {
        traits.subgroups && self.subgroups.unwrap_or(true)
    }
}

#[cfg(test)]
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
    fn small_products_have_small_tiles_to_fill_a_gpu() {
        let tile = |family, rows| {
            Tuning::default().tile(Traits { family, ..PLAIN }, Arithmetic::Single, rows, 768)
        };
        assert_eq!(tile(Family::Nvidia, 2304), TILES[0]);
        assert_eq!(tile(Family::Nvidia, 350), TILES[1]);
        assert_eq!(tile(Family::Nvidia, 20), TILES[2]);
        assert_eq!(tile(Family::Software, 20), TILES[0]);
    }

    #[test]
    fn tiles_fit_into_registers() {
        let tile = |family| {
            Tuning::default().tile(Traits { family, ..PLAIN }, Arithmetic::Single, 2304, 2304)
        };
        assert_eq!(tile(Family::Apple), TILES[1]);
        assert_eq!(tile(Family::Unknown), TILES[1]);
        assert_eq!(tile(Family::Arm), TILES[2]);
    }

    #[test]
    fn the_fastest_arithmetic_is_chosen() {
        let all = Traits {
            family: Family::Intel,
            half: true,
            packed: true,
            multiplies_bytes: true,
            subgroups: true,
            subgroup_matrix: None,
        };
        let chosen = |traits, quantized| Tuning::default().arithmetic(traits, quantized);
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
    fn tiles_of_f32_subgroup_matrices_fit_into_workgroup_memory() {
        let tile = |half| {
            let side = if half { 16 } else { 8 };
            let [m, n, k] = [side; 3];
            let matrix = SubgroupMatrix {
                m,
                n,
                k,
                half,
                ..MATRIX
            };
            Tuning::default().tile(PLAIN, Arithmetic::SubgroupMatrix(matrix), 2304, 768)
        };
        assert_eq!(tile(true).rows, 8);
        assert_eq!(tile(false).rows, 4);
    }

    #[test]
    fn an_unsupported_choice_falls_back_to_single() {
        let choice = |arithmetic| Tuning {
            arithmetic: Some(arithmetic),
            ..Tuning::default()
        };
        assert_eq!(
            choice(Arithmetic::Half).arithmetic(PLAIN, true),
            Arithmetic::Single
        );
        let packed = Traits {
            packed: true,
            ..PLAIN
        };
        assert_eq!(
            choice(Arithmetic::Packed).arithmetic(packed, true),
            Arithmetic::Packed
        );
        assert_eq!(
            choice(Arithmetic::Packed).arithmetic(packed, false),
            Arithmetic::Single
        );
        assert_eq!(
            choice(Arithmetic::SubgroupMatrix(MATRIX)).arithmetic(packed, true),
            Arithmetic::Single
        );
    }
}
