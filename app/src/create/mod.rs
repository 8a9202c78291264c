//! The Create screen: prompt, settings, the stage, and the facts about the picture on it.

mod canvas;
mod composer;
mod controls;
mod cost;
mod details;
mod empty;
pub mod form;
pub mod ground;
mod ground_field;
mod number;
mod progress;
pub mod scene;
mod screen;
pub mod seed;
mod seed_field;
pub mod settings;
mod size_field;
mod stage;
pub mod state;
mod trouble;

pub use screen::Create;
