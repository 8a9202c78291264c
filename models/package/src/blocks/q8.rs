//! Eight bits: the largest magnitude becomes 127.

use half::f16;

use super::{BLOCK, largest, nearest, storable};

/// Integers in -127..=127 and their scale. `Err` names a value too large for an f16 scale.
///
/// Every value is within half a scale of its original: f16 rounds the scale by at most one part
/// in 2,048, so the largest magnitude lands at 127.06 at most.
pub(super) fn quantize(block: &[f32; BLOCK]) -> Result<([i8; BLOCK], f16), usize> {
    let extreme = largest(block);
    let scale = storable(block[extreme].abs() / 127.0).ok_or(extreme)?;
    if scale == f16::ZERO {
        return Ok(([0; BLOCK], scale));
    }
    // Quantized against the scale as stored, not as computed.
    let step = scale.to_f32();
    Ok((
        block.map(|x| nearest((x / step).clamp(-127.0, 127.0)) as i8),
        scale,
    ))
}
