//! How kernels are cut: what is best depends on the device and the shapes.

/// The part of a product's output that one invocation owns, in registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tile {
    /// Every eighth row, so many.
    pub rows: usize,
    /// Every eighth column, so many, those of both matrices of a gate counted: an even number.
    /// Rows and columns together are sixteen at most.
    pub columns: usize,
}

/// Choices that a measurement makes instead of the table.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tuning {
    /// Of every product.
    pub tile: Option<Tile>,
}

/// Tiles from the one that reads least for each product to the one that makes most workgroups.
const TILES: [Tile; 3] = [
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
/// Workgroups that keep a GPU busy. Software has two or three to keep busy, and is slowed by every
/// read: there the largest tile is best at all shapes (`examples/measure.rs` on SwiftShader).
const WORKGROUPS_MIN: usize = 128;

impl Tuning {
    /// The tile of a product of `rows` by `columns`, those of both matrices of a gate counted.
    pub(crate) fn tile(self, software: bool, rows: usize, columns: usize) -> Tile {
        let workgroups =
            |tile: &&Tile| rows.div_ceil(8 * tile.rows) * columns.div_ceil(8 * tile.columns);
        let enough = |tile: &&Tile| software || workgroups(tile) >= WORKGROUPS_MIN;
        let fitting = TILES.iter().find(enough).unwrap_or(&TILES[2]);
        self.tile.unwrap_or(*fitting)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_products_are_cut_finer_where_there_is_much_to_keep_busy() {
        let tile = |software, rows| Tuning::default().tile(software, rows, 768);
        assert_eq!(tile(false, 2304), TILES[0]);
        assert_eq!(tile(false, 350), TILES[1]);
        assert_eq!(tile(false, 20), TILES[2]);
        assert_eq!(tile(true, 20), TILES[0]);
    }
}
