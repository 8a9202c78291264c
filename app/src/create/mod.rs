//! The screen where pictures are made: words, settings, the stage, and the picture's record.

mod composer;
mod controls;
mod details;
mod empty;
mod number;
mod progress;
mod screen;
pub mod seed;
mod seed_field;
pub mod settings;
mod size_field;
pub mod sizes;
mod stage;
pub mod state;
mod trouble;

pub use screen::Create;
