//! The operations that networks are made of, a folder each: what it computes and checks (`mod.rs`),
//! its kernel in WGSL and its launcher (`gpu.rs`), its twin on the processor (`cpu.rs`), and tests
//! of both against scalar arithmetic in 64 bits (`tests.rs`).
//!
//! `product/` is the kernel that the two products, `linear` and `conv2d`, have in common.
//!
//! A new operation is a folder, its `mod` line and its line in the list at the end of this file.

pub mod advance;
pub mod attention;
pub mod conv2d;
mod image;
pub mod linear;
pub mod pixel_shuffle;
pub mod prelu;
pub mod preview;
#[cfg(feature = "gpu")]
mod product;
pub mod qk_norm_rope;
mod sequence;

pub use image::Image;
pub use preview::Previewed;
pub use sequence::Sequence;

#[cfg(feature = "gpu")]
use crate::gpu::{Dispatch, Launch, Recorder, Source};
use crate::ir::{Operation, TensorId, Tensors};
#[cfg(feature = "gpu")]
use crate::tuning::SubgroupMatrix;

/// Generates [`Op`] and passes on every trait that an operation implements.
macro_rules! operations {
    ($($module:ident::$name:ident),* $(,)?) => {
        $(pub use $module::$name;)*

        /// One operation of a graph.
        #[derive(Clone, Debug)]
        pub enum Op {
            $(#[doc = concat!("A [`", stringify!($name), "`].")] $name($name),)*
        }

        $(impl From<$name> for Op {
            fn from(op: $name) -> Self {
                Self::$name(op)
            }
        })*

        impl Operation for Op {
            fn name(&self) -> &'static str {
                match self { $(Self::$name(op) => op.name(),)* }
            }

            fn check(&self, tensors: &Tensors) {
                match self { $(Self::$name(op) => op.check(tensors),)* }
            }

            fn reads(&self) -> Vec<TensorId> {
                match self { $(Self::$name(op) => op.reads(),)* }
            }

            fn writes(&self) -> Vec<TensorId> {
                match self { $(Self::$name(op) => op.writes(),)* }
            }

            fn binding_bytes(&self, tensors: &Tensors) -> u64 {
                match self { $(Self::$name(op) => op.binding_bytes(tensors),)* }
            }

            fn flops(&self) -> u64 {
                match self { $(Self::$name(op) => op.flops(),)* }
            }

            fn workgroups(&self, tensors: &Tensors) -> [usize; 3] {
                match self { $(Self::$name(op) => op.workgroups(tensors),)* }
            }
        }

        #[cfg(feature = "cpu")]
        impl crate::cpu::Twin for Op {
            fn run(&self, on: &crate::cpu::Values) {
                match self { $(Self::$name(op) => op.run(on),)* }
            }
        }

        #[cfg(feature = "gpu")]
        impl Launch for Op {
            fn fuses_with(&self, next: &Self) -> bool {
                match (self, next) {
                    $((Self::$name(op), Self::$name(next)) => op.fuses_with(next),)*
                    _ => false,
                }
            }

            fn launch(&self, fused: Option<&Self>, recorder: &mut Recorder<'_>) -> Dispatch {
                match self {
                    $(Self::$name(op) => {
                        let fused = fused.and_then(|other| match other {
                            Self::$name(other) => Some(other),
                            _ => None,
                        });
                        op.launch(fused, recorder)
                    })*
                }
            }

            fn kernels(matrices: &[SubgroupMatrix]) -> Vec<Source> {
                let mut kernels = Vec::new();
                $(kernels.extend($name::kernels(matrices));)*
                kernels
            }

            fn trials(matrix: SubgroupMatrix) -> Vec<Source> {
                let mut trials = Vec::new();
                $(trials.extend($name::trials(matrix));)*
                trials
            }
        }
    };
}

operations! {
    advance::Advance,
    attention::Attention,
    conv2d::Conv2d,
    linear::Linear,
    pixel_shuffle::PixelShuffle,
    prelu::Prelu,
    preview::Preview,
    qk_norm_rope::QkNormRope,
}
