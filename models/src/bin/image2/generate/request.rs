//! One requested picture.

use std::path::PathBuf;

use anyhow::Context as _;
use image2_picture::Colour;

/// One picture to make.
#[derive(Debug, PartialEq, Eq)]
pub struct Request {
    pub prompt: String,
    pub seed: u64,
    /// Width and height in pixels; the model's if not given.
    pub size: Option<[u32; 2]>,
    /// Transparent if not given.
    pub ground: Option<Colour>,
    pub output: PathBuf,
    /// The line of a list that requested it; begins the sentence about a failure.
    pub origin: Option<String>,
}

impl Request {
    /// Adds the origin to an error.
    pub fn with_origin<T, E>(&self, result: Result<T, E>) -> anyhow::Result<T>
    where
        Result<T, E>: anyhow::Context<T, E>,
        E: Into<anyhow::Error>,
    {
        match &self.origin {
            Some(origin) => result.with_context(|| origin.clone()),
            None => result.map_err(Into::into),
        }
    }
}

/// A seed of 32 bits: short enough to read out and type in.
pub fn roll() -> anyhow::Result<u64> {
    let mut bytes = [0; 4];
    getrandom::fill(&mut bytes).map_err(|error| anyhow::anyhow!("no random numbers: {error}"))?;
    Ok(u64::from(u32::from_le_bytes(bytes)))
}
