//! The tile and the arithmetic of each kernel: the best depend on the device and the shapes.
//!
//! The table of [choices](Tuning) is compiled in: nothing is measured before the first picture.
//! `examples/measure.rs` measures all choices on any machine beside those of the table.

mod choices;
#[cfg(feature = "gpu")]
mod table;
mod traits;

pub use choices::{Arithmetic, SubgroupMatrix, Tile, Tuning};
#[cfg(feature = "gpu")]
pub(crate) use table::TILES;
pub use traits::{Family, Traits};
