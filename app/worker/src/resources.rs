//! What this device offers, as far as a browser says it.

use js_sys::Reflect;

use crate::wire;

/// Assumed where a browser does not say it.
const MEMORY_BYTES: u64 = 4 << 30;
/// A picture may take so much of the memory.
const PICTURE_SHARE: u64 = 2;

/// Memory that one picture may take.
pub(crate) fn picture_bytes_max() -> u64 {
    memory_bytes() / PICTURE_SHARE
}

/// The number of workers that share the tiles of a picture; 0 where this one does better alone.
#[cfg(feature = "cpu")]
pub(crate) fn siblings() -> usize {
    /// More of them would wait for memory more than they compute.
    const COUNT_MAX: usize = 8;
    /// All of them may take so much of the memory, and one takes about so much.
    const SHARE: u64 = 8;
    const BYTES: u64 = 64 << 20;
    let cores = wire::scope().navigator().hardware_concurrency() as usize;
    // Where there are more than two, one is left to the page.
    let cores = if cores > 2 { cores - 1 } else { cores };
    let by_memory = memory_bytes() / SHARE / BYTES;
    match cores.min(by_memory as usize).min(COUNT_MAX) {
        1 => 0,
        count => count,
    }
}

/// The device's memory, rounded and capped by browsers that say it.
fn memory_bytes() -> u64 {
    let gigabytes = Reflect::get(&wire::scope().navigator(), &"deviceMemory".into());
    let gigabytes = gigabytes.ok().and_then(|value| value.as_f64());
    gigabytes.map_or(MEMORY_BYTES, |gigabytes| {
        (gigabytes * f64::from(1 << 30)) as u64
    })
}
