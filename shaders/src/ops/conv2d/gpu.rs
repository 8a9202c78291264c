//! Launches the kernel.

use super::Conv2d;
use crate::gpu::{Dispatch, Launch, Recorder, Source};
use crate::tuning::SubgroupMatrix;

impl Launch for Conv2d {
    fn launch(&self, _: Option<&Self>, _: &mut Recorder<'_>) -> Dispatch {
        panic!("the kernel follows")
    }

    fn kernels(_: &[SubgroupMatrix]) -> Vec<Source> {
        Vec::new()
    }
}
