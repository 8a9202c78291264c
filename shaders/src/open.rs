//! Opening a GPU for the operations, and the list of their kernels.

use crate::backend::{DeviceFault, OnDevice};
use crate::compute::Compute;
use crate::gpu::{Gpu, Launch, peak};
use crate::ops::Op;
use crate::tuning::SubgroupMatrix;

impl Compute {
    /// Opens the GPU that the system prefers for computing, with every limit that its adapter
    /// offers.
    ///
    /// # Errors
    /// [`DeviceFault::Unavailable`] if there is no adapter or it gives no device.
    pub async fn gpu() -> Result<Self, DeviceFault> {
        let gpu = Gpu::open(Op::trials).await?;
        Ok(Self(OnDevice::Gpu(gpu)))
    }
}

/// Every kernel that a device may be given, for tests that compile them without one: names and
/// sources, in WGSL as browsers receive it.
#[must_use]
pub fn kernels() -> Vec<(&'static str, String)> {
    let mut kernels = Op::kernels(&MATRICES);
    kernels.push(peak::source());
    kernels
        .iter()
        .map(|source| (source.name(), source.text()))
        .collect()
}

/// Subgroup matrices as Metal has them, as most other devices do, and with two different sides.
/// Dawn's null device refuses subgroups of fewer lanes than 32.
const MATRICES: [SubgroupMatrix; 3] = [
    SubgroupMatrix {
        m: 8,
        n: 8,
        k: 8,
        half: false,
        lanes: Some(32),
    },
    SubgroupMatrix {
        m: 16,
        n: 16,
        k: 16,
        half: true,
        lanes: Some(32),
    },
    SubgroupMatrix {
        m: 8,
        n: 16,
        k: 16,
        half: true,
        lanes: Some(64),
    },
];
