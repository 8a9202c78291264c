//! The intermediate representation: tensors, operations between them, and a plan of the memory
//! they need.
//!
//! Nothing here knows a device. A [`Graph`] is generic over its operations, which
//! [`crate::ops`] lists; what this module needs of them is [`Operation`].

mod graph;
mod limits;
pub mod memory;
mod operation;
mod tensor;
mod weight;

pub use graph::Graph;
pub use limits::{BINDING_ALIGNMENT, Excess, Limits, WORKGROUPS_MAX, spread};
pub use operation::Operation;
pub use tensor::{DType, Home, Rows, Shape, Tensor, TensorId, Tensors};
pub use weight::WeightBytes;
