//! The processor's backend. Each operation's twin is in the operation's folder in `ops/`; this is
//! what the twins share.

mod interpreter;
pub(crate) mod math;
mod memory;
pub(crate) mod panels;
pub(crate) mod threads;

use image2_package::blocks::{BLOCK, Format};

pub(crate) use interpreter::{Twin, Values};

use crate::backend::{Backend, Compile, DeviceFault};
use crate::ir::{Graph, Limits, WORKGROUPS_MAX, WeightBytes};
use crate::tuning::{Traits, Tuning};
use interpreter::Interpreter;
use memory::Memory;
use panels::Panels;

// A phone's browser ends a page at about 1.5 GB; the picture needs what the weights leave.
const WEIGHT_BYTES_MAX: u64 = 1 << 30;
const BUFFER_BYTES_MAX: u64 = 256 << 20;

/// The processor.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cpu;

impl Backend for Cpu {
    type Memory = Memory;
    type Weight = Panels;

    fn traits(&self) -> Option<Traits> {
        None
    }

    fn adapter(&self) -> Option<&str> {
        None
    }

    /// The same workgroups as a GPU's, so that a request is valid on every device or on none.
    fn limits(&self) -> Limits {
        Limits {
            tensor_bytes: BUFFER_BYTES_MAX,
            binding_bytes: BUFFER_BYTES_MAX,
            workgroups: WORKGROUPS_MAX,
        }
    }

    fn weight_bytes_max(&self) -> Option<u64> {
        Some(WEIGHT_BYTES_MAX)
    }

    /// Quantized weights are kept in 8 bits, with a scale for every block; others are decoded.
    fn weight_bytes(&self, format: Format, elements: u64, _: u64) -> u64 {
        let block_bytes = match format {
            Format::Q8 | Format::Q4 => BLOCK + size_of::<f32>(),
            Format::F16 | Format::F32 => BLOCK * size_of::<f32>(),
        };
        elements
            .div_ceil(BLOCK as u64)
            .saturating_mul(block_bytes as u64)
    }

    fn zeros(&self, _: &str, count: usize) -> Memory {
        Memory::zeros(count)
    }

    fn weight(&self, bytes: &WeightBytes<'_>) -> Panels {
        Panels::new(bytes)
    }

    fn flush(&self) {}

    fn allocated_bytes(&self) -> Option<u64> {
        None
    }

    fn check(&self) -> Result<(), DeviceFault> {
        Ok(())
    }

    async fn check_late(&self) -> Result<(), DeviceFault> {
        Ok(())
    }

    async fn peak_flops(&self) -> Result<Option<f64>, DeviceFault> {
        Ok(None)
    }
}

impl<O: Twin + Clone> Compile<O> for Cpu {
    type Prepared = Interpreter<O>;

    fn prepare(&self, graph: &Graph<O>, memory: Vec<Option<Memory>>, _: Tuning) -> Interpreter<O> {
        Interpreter::new(graph, memory)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantized_weights_count_as_they_are_kept() {
        assert_eq!(Cpu.weight_bytes(Format::Q4, 64, 36), 2 * (32 + 4));
        assert_eq!(Cpu.weight_bytes(Format::Q8, 33, 68), 2 * (32 + 4));
        assert_eq!(Cpu.weight_bytes(Format::F16, 64, 128), 64 * 4);
        assert!(Cpu.weight_bytes(Format::F32, u64::MAX, u64::MAX) > u64::MAX / 2);
    }
}
