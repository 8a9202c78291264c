//! Properties of an adapter that wgpu does not report.

use crate::tuning::{Family, SubgroupMatrix};

/// An adapter's identity and features beyond wgpu's report.
pub(super) struct Offer {
    pub family: Family,
    /// As browsers name it; empty where it is unknown.
    pub architecture: String,
    /// Whether WGSL has `packed_4x8_integer_dot_product`.
    pub packed: bool,
    pub subgroups: bool,
    pub subgroup_matrix: Option<SubgroupMatrix>,
}

#[cfg(target_arch = "wasm32")]
impl Offer {
    pub(super) const NOTHING: Self = Self {
        family: Family::Unknown,
        architecture: String::new(),
        packed: false,
        subgroups: false,
        subgroup_matrix: None,
    };
}
