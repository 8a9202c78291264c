//! WGSL that the kernels of several operations share.

use std::fmt::Write;

/// What a kernel that computes in f16 begins with.
const ENABLE_HALF: &str = "enable f16;";
/// What browsers want to be told of a kernel that uses subgroups.
pub(super) const ENABLE_SUBGROUPS: &str = "enable subgroups;";
/// And of one that uses their matrices, in Chromium.
const ENABLE_MATRICES: &str = "enable chromium_experimental_subgroup_matrix;";

/// What a kernel enables, a line each.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Enable {
    pub half: bool,
    pub subgroups: bool,
    /// Of subgroups.
    pub matrices: bool,
}

impl Enable {
    pub(crate) fn text(self) -> String {
        let all = [
            (self.half, ENABLE_HALF),
            (self.subgroups, ENABLE_SUBGROUPS),
            (self.matrices, ENABLE_MATRICES),
        ];
        let used = all.into_iter().filter(|(used, _)| *used);
        lines(used.map(|(_, line)| line.to_owned()))
    }
}

/// A function that rounds what may be beyond f16 to `Four`, the vectors that a kernel keeps in
/// workgroup memory: of f16 or as they are. Weights, shares, and queries and keys after their norm
/// are not beyond it; if they were, they would be infinite, which is told as a fault.
pub(crate) fn narrowed(half: bool) -> &'static str {
    match half {
        true => {
            "// Beyond f16 a value becomes the largest one; what was infinite or no number stays so.
             fn narrowed(values: vec4<f32>) -> Four {
                 let all = abs(values);
                 if (max(max(all.x, all.y), max(all.z, all.w)) > 65504.0) {
                     let within = clamp(values, vec4(-65504.0), vec4(65504.0));
                     return Four(select(values, within, all < vec4(3.4e38)));
                 }
                 return Four(values);
             }"
        }
        false => {
            "fn narrowed(values: vec4<f32>) -> Four {
                 return values;
             }"
        }
    }
}

/// Text of lines made one by one, for loops that are unrolled: software drivers keep what is
/// indexed by a loop's variable in memory, not in registers.
pub(crate) fn lines<I: IntoIterator<Item = String>>(lines: I) -> String {
    lines.into_iter().fold(String::new(), |mut text, line| {
        let _ = writeln!(text, "{line}");
        text
    })
}

/// `sum + dot(a, b)` of vectors of four, a fused multiplication and addition for each pair: of `dot`
/// some compilers make five instructions instead of four.
pub(crate) fn fused(sum: &str, a: &str, b: &str) -> String {
    ["x", "y", "z", "w"].iter().fold(sum.to_owned(), |sum, k| {
        format!("fma({a}.{k}, {b}.{k}, {sum})")
    })
}
