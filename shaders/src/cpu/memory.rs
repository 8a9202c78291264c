//! A tensor's elements in the processor's memory.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::backend::{self, DeviceFault};

/// The elements of a tensor. Clones name the same ones.
#[derive(Clone, Debug)]
pub(crate) struct Memory(Arc<Mutex<Vec<f32>>>);

impl Memory {
    pub(super) fn zeros(count: usize) -> Self {
        Self(Arc::new(Mutex::new(vec![0.0; count])))
    }

    /// Elements are plain numbers: a panic while they were locked broke no invariant.
    pub(crate) fn lock(&self) -> MutexGuard<'_, Vec<f32>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl backend::Memory for Memory {
    type Reading = Reading;

    fn write(&self, first: usize, values: &[f32]) {
        self.lock()[first..first + values.len()].copy_from_slice(values);
    }

    fn reading(&self) -> Reading {
        Reading(self.lock().clone())
    }

    fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

/// A copy of a tensor's elements.
#[derive(Debug)]
pub(crate) struct Reading(Vec<f32>);

impl backend::Reading for Reading {
    async fn values(self) -> Result<Vec<f32>, DeviceFault> {
        Ok(self.0)
    }

    async fn bits(self) -> Result<Vec<u32>, DeviceFault> {
        Ok(self.0.into_iter().map(f32::to_bits).collect())
    }
}
