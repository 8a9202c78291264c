//! Enlarging: from a small picture to a large one, tile by tile.
//!
//! An [`Enlargement`] divides the work into [`Tile`]s and puts their results together; it knows no device.
//! `passes` and `tile_plan` are its arithmetic.

mod area_average;
mod content;
mod enlargement;
mod nearest;
mod passes;
mod placement;
mod tile;
mod tile_plan;

pub use enlargement::Enlargement;
pub use nearest::nearest;
pub use placement::Placement;
pub use tile::Tile;
pub use tile_plan::{Span, TileWork, Tiling};
