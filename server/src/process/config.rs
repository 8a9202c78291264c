//! Settings: what exists, and how a file, the environment and flags are merged.

mod load;
mod settings;

pub use load::{Loaded, load};
pub use settings::{Cli, Config, LogFormat, Settings};
