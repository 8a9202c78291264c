//! The command `image2` as people and scripts use it, with the default model.

mod again;
#[cfg(unix)]
mod interrupt;
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
mod streams;
mod support;
mod words;
