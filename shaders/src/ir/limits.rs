//! Limits that a device sets to a graph, so that one too large is refused before it runs.

/// Workgroups in one dimension of a dispatch that WebGPU guarantees; no more are used anywhere.
pub const WORKGROUPS_MAX: usize = 65_535;

/// Bytes between places of a buffer where a binding may begin on every device.
pub const BINDING_ALIGNMENT: usize = 256;

/// Dimensions of a dispatch of `count` workgroups in any order, at least as many: one, or two where
/// one may not hold them all. A kernel numbers them line by line.
#[must_use]
pub fn spread(count: usize) -> [usize; 3] {
    let lines = count.div_ceil(WORKGROUPS_MAX).max(1);
    [count.div_ceil(lines), lines, 1]
}

/// The capabilities of a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The largest tensor, in bytes.
    pub tensor_bytes: u64,
    /// The most of a tensor that one operation may read or write, in bytes.
    pub binding_bytes: u64,
    /// The most workgroups in one dimension of a dispatch.
    pub workgroups: usize,
}

/// The first limit that a graph exceeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Excess {
    /// A tensor, or what an operation binds of it, is too large.
    #[error("a buffer takes {bytes} bytes; the device allows {limit}")]
    Buffer {
        /// Its size in bytes.
        bytes: u64,
        /// The limit in bytes.
        limit: u64,
    },
    /// An operation dispatches too many workgroups.
    #[error("{operation} needs {count} workgroups in one dimension; the limit is {limit}")]
    Workgroups {
        /// The operation's name.
        operation: &'static str,
        /// Workgroups in its largest dimension.
        count: usize,
        /// The limit.
        limit: usize,
    },
}
