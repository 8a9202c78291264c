//! The backend that a build leaves out: no value of it exists.
#![cfg(any(not(feature = "gpu"), not(feature = "cpu")))]

use image2_package::blocks::Format;

use super::fault::DeviceFault;
use super::traits::{Backend, Compile, Memory, Prepared, Program, Reading};
use crate::ir::{Graph, Limits, WeightBytes};
use crate::tuning::{Traits, Tuning};

/// Takes the place of a backend, its memory, weights and programs.
#[derive(Clone, Debug)]
pub(crate) struct Absent(Never);

/// Hidden in [`Absent`], so that the compiler does not report the code for it as unreachable.
#[derive(Clone, Copy, Debug)]
enum Never {}

impl Backend for Absent {
    type Memory = Self;
    type Weight = Self;

    fn traits(&self) -> Option<Traits> {
        match self.0 {}
    }

    fn adapter(&self) -> Option<&str> {
        match self.0 {}
    }

    fn limits(&self) -> Limits {
        match self.0 {}
    }

    fn weight_bytes_max(&self) -> Option<u64> {
        match self.0 {}
    }

    fn weight_bytes(&self, _: Format, _: u64, _: u64) -> u64 {
        match self.0 {}
    }

    fn zeros(&self, _: &str, _: usize) -> Self {
        match self.0 {}
    }

    fn weight(&self, _: &WeightBytes<'_>) -> Self {
        match self.0 {}
    }

    fn flush(&self) {
        match self.0 {}
    }

    fn allocated_bytes(&self) -> Option<u64> {
        match self.0 {}
    }

    fn check(&self) -> Result<(), DeviceFault> {
        match self.0 {}
    }

    async fn check_late(&self) -> Result<(), DeviceFault> {
        match self.0 {}
    }

    async fn peak_flops(&self) -> Result<Option<f64>, DeviceFault> {
        match self.0 {}
    }
}

impl Memory for Absent {
    type Reading = Self;

    fn write(&self, _: usize, _: &[f32]) {
        match self.0 {}
    }

    fn reading(&self) -> Self {
        match self.0 {}
    }

    fn is(&self, _: &Self) -> bool {
        match self.0 {}
    }
}

impl Reading for Absent {
    async fn values(self) -> Result<Vec<f32>, DeviceFault> {
        match self.0 {}
    }

    async fn bits(self) -> Result<Vec<u32>, DeviceFault> {
        match self.0 {}
    }
}

impl<O> Compile<O> for Absent {
    type Prepared = Self;

    fn prepare(&self, _: &Graph<O>, _: Vec<Option<Self>>, _: Tuning) -> Self {
        match self.0 {}
    }
}

impl Prepared for Absent {
    type Program = Self;

    async fn compile(_: &[&Self], _: impl AsyncFnMut(usize, usize)) {}

    fn finish(self) -> Self {
        match self.0 {}
    }
}

impl Program for Absent {
    fn run(&self) {
        match self.0 {}
    }
}
