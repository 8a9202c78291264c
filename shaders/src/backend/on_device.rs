//! A value that belongs to one of the two backends.

/// A value of either backend.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(
    not(all(feature = "gpu", feature = "cpu")),
    expect(dead_code, reason = "there is no value of an absent backend")
)]
pub(crate) enum OnDevice<G, C> {
    Gpu(G),
    Cpu(C),
}

impl<G, C> OnDevice<G, C> {
    /// # Panics
    /// If it is the processor's: a graph and all that it names are of one device.
    pub(crate) fn gpu(&self) -> &G {
        match self {
            Self::Gpu(value) => value,
            Self::Cpu(_) => panic!("the processor's value in a graph for a GPU"),
        }
    }

    /// # Panics
    /// If it is a GPU's: a graph and all that it names are of one device.
    pub(crate) fn cpu(&self) -> &C {
        match self {
            Self::Cpu(value) => value,
            Self::Gpu(_) => panic!("a GPU's value in a graph for the processor"),
        }
    }
}

/// Evaluates `$body` with `$value` of whichever backend; all results have one type.
macro_rules! on_device {
    ($device:expr, $value:pat => $body:expr) => {
        match $device {
            $crate::backend::OnDevice::Gpu($value) => $body,
            $crate::backend::OnDevice::Cpu($value) => $body,
        }
    };
}

/// As [`on_device`], where each backend's result has its own type.
macro_rules! map_device {
    ($device:expr, $value:pat => $body:expr) => {
        match $device {
            $crate::backend::OnDevice::Gpu($value) => $crate::backend::OnDevice::Gpu($body),
            $crate::backend::OnDevice::Cpu($value) => $crate::backend::OnDevice::Cpu($body),
        }
    };
}

pub(crate) use {map_device, on_device};
