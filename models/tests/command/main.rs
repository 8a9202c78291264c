//! The command `image2` as people and scripts use it, with the default model.

mod again;
#[cfg(unix)]
mod collisions;
mod components;
mod enlarge;
#[cfg(unix)]
mod interrupt;
#[cfg(unix)]
mod lists;
#[cfg(unix)]
mod names;
#[cfg(unix)]
mod outputs;
#[cfg(unix)]
mod packages;
mod pictures;
#[cfg(unix)]
mod pipes;
#[cfg(unix)]
mod replacing;
#[cfg(unix)]
mod streams;
mod support;
mod svg;
mod words;
