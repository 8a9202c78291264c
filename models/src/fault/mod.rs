//! Faults of requests, configurations, weights, texts and tokenizers, with the values found.
//!
//! Each type serializes to the arguments of its error: data for programs. The `Display` text is for
//! logs and the command line.

mod config;
mod content;
mod request;

use std::fmt;

use image2_shaders::Compute;
use serde::{Serialize, Serializer};

pub use config::ConfigFault;
pub use content::{TextFault, TokenizerFault, WeightFault};
pub use request::RequestFault;

/// A kind of device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DeviceKind {
    /// A GPU.
    Gpu,
    /// The processor.
    Cpu,
}

impl DeviceKind {
    /// The kind of this device.
    #[must_use]
    pub fn of(compute: &Compute) -> Self {
        match compute.is_cpu() {
            true => Self::Cpu,
            false => Self::Gpu,
        }
    }
}

impl fmt::Display for DeviceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Gpu => "GPU",
            Self::Cpu => "processor",
        })
    }
}

/// 0.1, where widening the f32 would give 0.10000000149.
#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes fields by reference"
)]
fn shortest<S: Serializer>(value: &f32, serializer: S) -> Result<S::Ok, S::Error> {
    // Through JSON's numbers: `str::parse` has tables of its own, which would be linked for this.
    let text = value.to_string();
    let shortest = serde_json::from_str(&text).unwrap_or(f64::from(*value));
    serializer.serialize_f64(shortest)
}
