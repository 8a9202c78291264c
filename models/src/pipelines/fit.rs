//! Whether a device can run a size, decided before anything is allocated.

use image2_shaders::Compute;
use image2_shaders::ops::{Advance, Preview};

use super::plan::BRANCHES;
use crate::fault::RequestFault;
use crate::networks::Network;

/// Checks a picture of `[height, width]` pixels, whole patches, with guidance.
///
/// # Errors
/// [`RequestFault::Buffer`] or [`RequestFault::Patches`].
pub(crate) fn check_fit(
    network: &dyn Network,
    compute: &Compute,
    size: [usize; 2],
) -> Result<(), RequestFault> {
    let (demand, signature) = (network.demand(BRANCHES, size), network.signature());
    let (patches, limits) = (signature.patches(size), compute.limits());
    let [height, width] = size.map(|side| side as u32);
    if demand.buffer_bytes > limits.binding_bytes {
        return Err(RequestFault::Buffer {
            width,
            height,
            size_bytes: demand.buffer_bytes,
            limit_bytes: limits.binding_bytes,
        });
    }
    let step = Advance::workgroups(patches, signature.patch_values());
    let preview = Preview::workgroups(size);
    let mut workgroups = step.into_iter().chain(preview).chain([demand.workgroups]);
    if workgroups.any(|count| count > limits.workgroups) {
        return Err(RequestFault::Patches {
            width,
            height,
            patches: patches as u64,
        });
    }
    Ok(())
}
