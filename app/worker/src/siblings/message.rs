//! Messages between the worker that serves the page and its siblings. Both ends are one build, so they
//! need no version; their form is that of the page's messages ([`image2_protocol::wire`]).

use image2_models::TileWork;
use image2_protocol::Message;
use serde::{Deserialize, Serialize};

/// A message to a sibling.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum Errand {
    /// Open the upscaler. Buffers: the package's manifest, then the files of these names.
    Open { names: Vec<String> },
    /// Compute a tile. One buffer: its pixels. The next errand follows its reply.
    Tile { work: TileWork },
}

/// A message from a sibling.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum Reply {
    /// It runs.
    Ready,
    /// It can compute tiles.
    Opened,
    /// A tile is done. One buffer: its pixels.
    Tile,
    /// It could not do its errand, and has logged why.
    Failed,
}

impl Message for Errand {
    fn buffers(&self) -> usize {
        match self {
            Self::Open { names } => 1 + names.len(),
            Self::Tile { .. } => 1,
        }
    }
}

impl Message for Reply {
    fn buffers(&self) -> usize {
        match self {
            Self::Tile => 1,
            Self::Ready | Self::Opened | Self::Failed => 0,
        }
    }
}
