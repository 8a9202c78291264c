//! WGSL that the kernels of several operations share.

/// The directive of a kernel that uses f16.
const ENABLE_HALF: &str = "enable f16;";
/// The directive of a kernel that uses subgroups, in browsers.
pub(super) const ENABLE_SUBGROUPS: &str = "enable subgroups;";
/// The directive of a kernel that uses subgroup matrices, in Chromium.
const ENABLE_MATRICES: &str = "enable chromium_experimental_subgroup_matrix;";

/// The features that a kernel uses.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Enable {
    pub half: bool,
    pub subgroups: bool,
    /// Subgroup matrices.
    pub matrices: bool,
}

impl Enable {
    /// Its directives, a line each.
    pub(crate) fn text(self) -> String {
        let all = [
            (self.half, ENABLE_HALF),
            (self.subgroups, ENABLE_SUBGROUPS),
            (self.matrices, ENABLE_MATRICES),
        ];
        let used = all.into_iter().filter(|(used, _)| *used);
        used.map(|(_, directive)| format!("{directive}\n"))
            .collect()
    }
}

/// A template with a function that rounds f32 to `Four`, the vectors that a kernel keeps in workgroup
/// memory: of f16 where the flag `half` is on. Needed for values that may exceed the range of f16.
/// Weights, attention's shares, and queries and keys after their norm do not.
pub(crate) const NARROWED: &str = include_str!("narrowed.wgsl");

/// The terms of a sum: `+` before each but the first, and the term's number.
pub(crate) fn summed(count: usize) -> impl Iterator<Item = [String; 2]> {
    (0..count).map(|i| [if i == 0 { "" } else { "+" }.to_owned(), i.to_string()])
}
