//! The memory that a pipeline takes on its device.

use image2_package::{Component, Manifest, TensorEntry};
use image2_shaders::Compute;

use super::Pipeline;
use super::device_state::DeviceState;
use super::enlarge::Enlarger;

/// Bytes on the device.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    /// The networks' weights.
    pub weight_bytes: u64,
    /// Tensors that exist within a run, for the last size.
    pub planned_bytes: u64,
    /// Tensors that outlive a run: the noisy picture, positions, the encoded prompt.
    pub resident_bytes: u64,
}

impl Memory {
    /// The sum.
    #[must_use]
    pub fn total_bytes(&self) -> u64 {
        self.weight_bytes + self.planned_bytes + self.resident_bytes
    }
}

impl Pipeline {
    /// The memory of the weights and of the last picture.
    #[must_use]
    pub fn memory(&self) -> Memory {
        let state = self.state.borrow();
        let drawing = state.as_ref().map(DeviceState::bytes).unwrap_or_default();
        let enlarging = self.enlarger.as_ref().map(Enlarger::bytes);
        let enlarging = enlarging.unwrap_or_default();
        Memory {
            weight_bytes: self.weight_bytes,
            planned_bytes: drawing[0] + enlarging[0],
            resident_bytes: drawing[1] + enlarging[1],
        }
    }
}

/// Bytes that a component's weights take on a device, without those of `tables`.
pub(crate) fn weight_bytes(
    compute: &Compute,
    manifest: &Manifest,
    component: Component,
    tables: &[&str],
) -> u64 {
    let weights = manifest.tensors[component].iter();
    let weights = weights.filter(|(name, _)| !tables.contains(&name.as_str()));
    let on_device = |tensor: &TensorEntry| {
        let elements = tensor.shape.elements() as u64;
        compute.weight_bytes(tensor.format, elements, tensor.stored_bytes())
    };
    weights
        .map(|(_, tensor)| on_device(tensor))
        .fold(0, u64::saturating_add)
}
