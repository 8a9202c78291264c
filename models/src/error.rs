//! The one error of this library: a stable code for the worker and the command line, and the values
//! that a sentence about it mentions. `models/ERRORS.md` lists all of them.

use image2_package::{Component, PackageError};
use image2_picture::PictureError;
use image2_picture::checks::Fault;
use image2_shaders::DeviceFault;
use serde_json::{Map, Value, json};

use crate::fault::{ConfigFault, DeviceKind, RequestFault, TextFault, TokenizerFault, WeightFault};

/// Everything that can go wrong between a package and a picture.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// The package cannot be read or is invalid.
    #[error(transparent)]
    Package(#[from] PackageError),
    /// The device failed.
    #[error(transparent)]
    Device(#[from] DeviceFault),
    /// The manifest describes an impossible network.
    #[error("the model's configuration is wrong: {0}")]
    Config(#[from] ConfigFault),
    /// The package is valid, but this program does not know its architecture.
    #[error("this program does not know the architecture {0:?}")]
    Architecture(String),
    /// The package is valid, but lacks a component that the task needs.
    #[error("the package has no {0}")]
    Component(Component),
    /// A weight is missing or does not fit the network.
    #[error("the model's weight {name} {fault}")]
    Weight {
        /// Its component and name in the package.
        name: String,
        /// What is wrong with it.
        fault: WeightFault,
    },
    /// The tokenizer file cannot be used.
    #[error("the model's tokenizer cannot be read: {0}")]
    Tokenizer(#[from] TokenizerFault),
    /// A text that the network cannot take.
    #[error("{0}")]
    Text(#[from] TextFault),
    /// A request outside the limits of the model or the device.
    #[error("{0}")]
    Request(#[from] RequestFault),
    /// The weights of the whole model take more memory than the device offers.
    #[error("the model takes {size_bytes} bytes, and the {device} offers {limit_bytes}")]
    Memory {
        /// The device.
        device: DeviceKind,
        /// Bytes of all weights on it.
        size_bytes: u64,
        /// The most that it offers.
        limit_bytes: u64,
    },
    /// One weight is larger than the largest buffer of the device.
    #[error(
        "the weight {name} takes {size_bytes} bytes, and the {device} binds at most {limit_bytes}"
    )]
    Buffer {
        /// The device.
        device: DeviceKind,
        /// Its component and name in the package.
        name: String,
        /// Bytes of the weight.
        size_bytes: u64,
        /// The largest buffer.
        limit_bytes: u64,
    },
    /// The network's output has no pixels.
    #[error("the computation failed: {0}")]
    Picture(#[from] PictureError),
    /// The network's output is not a picture.
    #[error("step {step} gave no picture: {fault:?}")]
    Output {
        /// The step, from 1.
        step: u32,
        /// What is wrong with the output.
        fault: Fault,
    },
    /// Nothing was drawn: the whole picture is transparent.
    #[error("nothing came out for these words")]
    Empty,
    /// An upscaler's output is not a picture.
    #[error("tile {tile} of pass {pass} gave no picture: {fault:?}")]
    Tile {
        /// The pass, from 1.
        pass: u32,
        /// The tile's number within it, from 0.
        tile: u32,
        /// What is wrong with the output.
        fault: Fault,
    },
}

impl ModelError {
    /// The error's name: stable across versions, and the same for worker, page and command line.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Package(error) => error.code(),
            Self::Device(fault) => fault.code(),
            Self::Config(_) => "model.config",
            Self::Architecture(_) => "model.architecture",
            Self::Component(_) => "model.component",
            Self::Weight { .. } => "model.weight",
            Self::Tokenizer(_) => "model.tokenizer",
            Self::Text(_) => "request.text",
            Self::Request(fault) => fault.code(),
            Self::Memory { .. } => "device.memory",
            Self::Buffer { .. } => "device.buffer",
            Self::Picture(_) => "engine.execution",
            Self::Output { .. } => "engine.output",
            Self::Empty => "engine.empty",
            Self::Tile { .. } => "engine.tile",
        }
    }

    /// The error's values by name: text for people is made from code and arguments. Messages of
    /// drivers are internals and stay out.
    #[must_use]
    pub fn arguments(&self) -> Map<String, Value> {
        let value = match self {
            Self::Package(error) => return error.arguments(),
            Self::Device(_) | Self::Empty => json!({}),
            Self::Config(fault) => json!(fault),
            Self::Architecture(name) => json!({ "architecture": name }),
            Self::Component(component) => json!({ "component": component }),
            Self::Weight { name, fault } => {
                let mut value = json!(fault);
                value["tensor"] = json!(name);
                value
            }
            Self::Tokenizer(fault) => json!(fault),
            Self::Text(fault) => json!(fault),
            Self::Request(fault) => json!(fault),
            Self::Memory {
                device,
                size_bytes,
                limit_bytes,
            } => json!({
                "device": device, "size_bytes": size_bytes, "limit_bytes": limit_bytes,
            }),
            Self::Buffer {
                device,
                name,
                size_bytes,
                limit_bytes,
            } => json!({
                "device": device, "tensor": name,
                "size_bytes": size_bytes, "limit_bytes": limit_bytes,
            }),
            Self::Picture(error) => json!({ "cause": error.code() }),
            Self::Output { step, fault } => {
                let mut value = output(*fault);
                value["step"] = json!(step);
                value
            }
            Self::Tile { pass, tile, fault } => {
                let mut value = output(*fault);
                (value["pass"], value["tile"]) = (json!(pass), json!(tile));
                value
            }
        };
        match value {
            Value::Object(map) => map,
            _ => Map::new(),
        }
    }
}

/// The values of a fault of a network's output.
fn output(fault: Fault) -> Value {
    match fault {
        Fault::NonFinite { index } => json!({ "fault": "non_finite", "index": index }),
        Fault::Constant { value } => json!({ "fault": "constant", "value": value }),
    }
}

#[cfg(test)]
mod tests;
