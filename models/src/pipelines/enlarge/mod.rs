//! Enlarging: from a small picture to a large one, tile by tile.
//!
//! An [`Enlargement`] divides the work into [`Tile`]s and puts their results together; it knows no
//! device. An [`Enlarger`] computes tiles on one. `passes` and `tile_plan` are the arithmetic.

mod area_average;
mod content;
mod demand;
mod enlargement;
mod enlarger;
mod nearest;
mod passes;
mod placement;
mod tile;
mod tile_plan;

pub use enlargement::Enlargement;
pub(crate) use enlargement::expected_windows;
pub use enlarger::Enlarger;
pub use nearest::nearest;
pub use placement::Placement;
pub use tile::Tile;
pub use tile_plan::{Span, TileWork, Tiling};
