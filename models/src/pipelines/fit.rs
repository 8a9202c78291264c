//! Whether a device can run a size, decided before anything is allocated.

use image2_shaders::Compute;

use super::plan::BRANCHES;
use crate::fault::RequestFault;
use crate::networks::Network;
use crate::networks::kernel_limits::{WORKGROUPS_MAX, advance_workgroups, preview_workgroups};

/// Checks a picture of `[height, width]` pixels, whole patches, with guidance.
///
/// # Errors
/// [`RequestFault::Buffer`] or [`RequestFault::Patches`].
pub(crate) fn check_fit(
    network: &dyn Network,
    compute: &Compute,
    size: [usize; 2],
) -> Result<(), RequestFault> {
    let demand = network.demand(BRANCHES, size);
    let patches = network.signature().patches(size);
    let [height, width] = size.map(|side| side as u32);
    let (size_bytes, limit_bytes) = (demand.buffer_bytes, compute.buffer_bytes_max());
    if size_bytes > limit_bytes {
        return Err(RequestFault::Buffer {
            width,
            height,
            size_bytes,
            limit_bytes,
        });
    }
    let workgroups = demand
        .workgroups
        .max(advance_workgroups(patches))
        .max(preview_workgroups(size));
    if workgroups > WORKGROUPS_MAX {
        return Err(RequestFault::Patches {
            width,
            height,
            patches: patches as u64,
        });
    }
    Ok(())
}
