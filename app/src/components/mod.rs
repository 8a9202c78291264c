//! What the user sees, one file a part.

mod composer;
mod controls;
mod details;
mod empty;
mod header;
mod icons;
mod number;
mod preferences;
mod progress;
mod seed_field;
mod size_field;
mod stage;
mod strip;
mod studio;
mod trouble;

pub use studio::Studio;
