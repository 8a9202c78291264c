//! The device that computes.

use clap::ValueEnum;
use image2_models::{Compute, ModelError};

/// Where to compute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Device {
    Auto,
    Gpu,
    Cpu,
}

impl Device {
    pub async fn open(self) -> anyhow::Result<Compute> {
        match self {
            Self::Cpu => Ok(Compute::cpu()),
            Self::Gpu => Ok(Compute::gpu().await.map_err(ModelError::from)?),
            Self::Auto => Ok(match Compute::gpu().await {
                Ok(gpu) if !gpu.is_software() => gpu,
                Ok(_) => {
                    log::info!("using the processor: the only GPU is software");
                    Compute::cpu()
                }
                Err(fault) => {
                    log::info!("using the processor: {fault}");
                    Compute::cpu()
                }
            }),
        }
    }
}

/// The adapter's name, or `cpu`.
pub fn name(compute: &Compute) -> &str {
    match compute.adapter() {
        None => "cpu",
        Some("") => "gpu",
        Some(name) => name,
    }
}
