//! Properties of GPUs by which kernels are chosen.

use super::choices::SubgroupMatrix;

/// The maker of a GPU.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// A GPU that the processor emulates.
    Software,
    /// AMD.
    Amd,
    /// Apple.
    Apple,
    /// Arm: Mali and its successors.
    Arm,
    /// Intel.
    Intel,
    /// NVIDIA.
    Nvidia,
    /// Qualcomm: Adreno.
    Qualcomm,
    /// Anything else, and where a browser does not report it.
    Unknown,
}

impl Family {
    /// From the vendor ID that PCI-SIG or Khronos assigned.
    #[must_use]
    pub fn from_vendor_id(id: u32) -> Self {
        match id {
            0x1002 => Self::Amd,
            0x106b => Self::Apple,
            0x13b5 => Self::Arm,
            0x8086 => Self::Intel,
            0x10de => Self::Nvidia,
            0x5143 => Self::Qualcomm,
            _ => Self::Unknown,
        }
    }

    /// From WebGPU's `GPUAdapterInfo.vendor`.
    #[must_use]
    pub fn from_vendor_name(name: &str) -> Self {
        match name {
            // Samsung's GPUs are designed by AMD.
            "amd" | "samsung" => Self::Amd,
            "apple" => Self::Apple,
            "arm" => Self::Arm,
            "intel" => Self::Intel,
            "nvidia" => Self::Nvidia,
            "qualcomm" => Self::Qualcomm,
            // SwiftShader, WARP and lavapipe.
            "google" | "microsoft" | "mesa" => Self::Software,
            _ => Self::Unknown,
        }
    }

    /// Whether GPUs of an architecture, by WebGPU's `GPUAdapterInfo.architecture`, have an instruction
    /// that multiplies four bytes by four. Elsewhere a dozen instructions emulate it, and a product
    /// takes about ten times as long. Unknown architectures are newer than known ones.
    #[must_use]
    pub fn multiplies_bytes(self, architecture: &str) -> bool {
        let without: &[&str] = match self {
            Self::Amd => &["gcn-", "rdna-1"],
            Self::Intel => &["gen-7", "gen-8", "gen-9", "gen-11"],
            Self::Nvidia => &["fermi", "kepler", "maxwell"],
            // Some of the sixth generation have it.
            Self::Qualcomm => &["adreno-4xx", "adreno-5xx", "adreno-6xx"],
            Self::Arm => &["midgard", "bifrost"],
            Self::Software | Self::Apple | Self::Unknown => return false,
        };
        !without.iter().any(|name| architecture.starts_with(name))
    }
}

/// Properties of a GPU beyond those that every WebGPU device has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Traits {
    /// Its maker.
    pub family: Family,
    /// Whether kernels may compute in f16.
    pub half: bool,
    /// Whether kernels may compute four 8-bit products at once.
    pub packed: bool,
    /// Whether it has an instruction for that.
    pub multiplies_bytes: bool,
    /// Whether neighbouring invocations may exchange values without workgroup memory: subgroups of at
    /// least eight lanes.
    pub subgroups: bool,
    /// Its subgroup matrices, if kernels may use them.
    pub subgroup_matrix: Option<SubgroupMatrix>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_architectures_do_not_multiply_bytes() {
        for (family, architecture, does) in [
            (Family::Amd, "gcn-5", false),
            (Family::Amd, "rdna-1", false),
            (Family::Amd, "rdna-2", true),
            (Family::Intel, "gen-9", false),
            (Family::Intel, "gen-12-lp", true),
            (Family::Nvidia, "maxwell", false),
            (Family::Nvidia, "ampere", true),
            (Family::Qualcomm, "adreno-6xx", false),
            (Family::Qualcomm, "adreno-7xx", true),
            (Family::Amd, "", true), // newer than the browser knows
            (Family::Arm, "bifrost", false),
            (Family::Arm, "valhall", true),
            (Family::Apple, "metal-3", false),
        ] {
            assert_eq!(
                family.multiplies_bytes(architecture),
                does,
                "{family:?} {architecture}"
            );
        }
    }
}
