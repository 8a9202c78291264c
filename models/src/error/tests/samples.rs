//! One error of every variant.

use std::io;

use image2_package::dtype::Dtype;
use image2_package::fault::{
    EntryShape, HeaderFault, ManifestFault, Measured, Rule, VocabularyFault,
};
use image2_package::{Component, Format, Layout, PackageError, Shape};
use image2_picture::PictureError;
use image2_picture::checks::Fault;
use image2_shaders::DeviceFault;

use super::super::ModelError;
use crate::fault::{ConfigFault, DeviceKind, RequestFault, TextFault, TokenizerFault, WeightFault};

fn text() -> String {
    "x".to_owned()
}

/// One error of every variant of this crate.
pub(super) fn own() -> Vec<ModelError> {
    let (device, low, high) = (DeviceKind::Cpu, 1, 9);
    let name = text();
    let requests = [
        RequestFault::Size {
            width: 17,
            height: 32,
            patch: 16,
            low: 16,
            high: 512,
            area_max: 65_536,
        },
        RequestFault::Steps {
            steps: 0,
            low,
            high,
        },
        RequestFault::Guidance {
            guidance: 30.1,
            low: 0.0,
            high: 30.0,
        },
        RequestFault::Shift {
            shift: f32::NAN,
            low: 0.01,
            high: 100.0,
        },
        RequestFault::Sampler {
            sampler: text(),
            known: vec!["euler"],
        },
        RequestFault::Buffer {
            width: 16,
            height: 16,
            size_bytes: 2,
            limit_bytes: 1,
        },
        RequestFault::Patches {
            width: 16,
            height: 16,
            patches: 1,
        },
        RequestFault::Enlargement {
            width: 300,
            height: 200,
            to: 200,
            low: 300,
            high: 4096,
        },
    ];
    let (field, found) = ("size", 17);
    let configs = [
        ConfigFault::Json { reason: text() },
        ConfigFault::Channels { channels: 5 },
        ConfigFault::Condition {
            condition: 2,
            channels: 4,
        },
        ConfigFault::Range {
            field,
            found,
            low: 1,
            high: 2,
        },
        ConfigFault::Multiple {
            field,
            found,
            of: 16,
        },
        ConfigFault::Heads {
            width: 1,
            heads: 2,
            head_dim: 3,
        },
        ConfigFault::HeadDim { head_dim: 3 },
        ConfigFault::Mismatch {
            field,
            network: 3,
            package: 4,
        },
        ConfigFault::PictureRange {
            low: 0.0,
            high: 1.0,
            expected: [-1.0, 1.0],
        },
        ConfigFault::Unable { field: "masks" },
        ConfigFault::Straight,
        ConfigFault::Guidance {
            guidance: 31.0,
            high: 30.0,
        },
    ];
    let tokenizers = [
        TokenizerFault::Kind { kind: text() },
        TokenizerFault::Json { reason: text() },
        TokenizerFault::Rules,
        TokenizerFault::Padding,
        TokenizerFault::NoUnknown,
        TokenizerFault::Repeated { token: 1 },
        TokenizerFault::Merge { merge: text() },
        TokenizerFault::Name { name: text() },
        TokenizerFault::Vocabulary {
            piece: text(),
            token: 7,
            rows: 5,
        },
    ];
    let texts = [
        TextFault::Kind,
        TextFault::Length { limit: 4 },
        TextFault::Token { token: 9 },
    ];
    let weights = [
        WeightFault::Missing,
        WeightFault::Shape {
            found: vec![1],
            expected: vec![2],
        },
        WeightFault::Order,
        WeightFault::NotFinite { row: 1, column: 2 },
    ];
    let devices = [
        DeviceFault::Unavailable(text()),
        DeviceFault::Lost(text()),
        DeviceFault::OutOfMemory(text()),
        DeviceFault::Refused(text()),
    ];
    let outputs = [
        Fault::NonFinite { index: 3 },
        Fault::Constant { value: 0.5 },
    ];
    let mut all = vec![
        ModelError::Architecture(text()),
        ModelError::Component(Component::Upscaler),
        ModelError::Memory {
            device,
            size_bytes: 2,
            limit_bytes: 1,
        },
        ModelError::Buffer {
            device,
            name: text(),
            size_bytes: 2,
            limit_bytes: 1,
        },
        ModelError::Picture(PictureError::NotPng),
        ModelError::Empty,
    ];
    all.extend(requests.map(ModelError::from));
    all.extend(configs.map(ModelError::from));
    all.extend(tokenizers.map(ModelError::from));
    all.extend(texts.map(ModelError::from));
    all.extend(devices.map(ModelError::from));
    all.extend(weights.map(|fault| ModelError::Weight {
        name: name.clone(),
        fault,
    }));
    let (pass, tile) = (1, 0);
    all.extend(outputs.map(|fault| ModelError::Output { step: 1, fault }));
    all.extend(outputs.map(|fault| ModelError::Tile { pass, tile, fault }));
    all
}

/// A new variant does not compile until it is listed here, and so in [`own`] and the table.
pub(super) fn is_listed(error: &ModelError) {
    match error {
        ModelError::Package(_)
        | ModelError::Device(_)
        | ModelError::Architecture(_)
        | ModelError::Component(_)
        | ModelError::Memory { .. }
        | ModelError::Buffer { .. }
        | ModelError::Picture(_)
        | ModelError::Output { .. }
        | ModelError::Empty
        | ModelError::Tile { .. } => {}
        ModelError::Request(fault) => match fault {
            RequestFault::Size { .. }
            | RequestFault::Steps { .. }
            | RequestFault::Guidance { .. }
            | RequestFault::Shift { .. }
            | RequestFault::Sampler { .. }
            | RequestFault::Buffer { .. }
            | RequestFault::Patches { .. }
            | RequestFault::Enlargement { .. } => {}
        },
        ModelError::Config(fault) => match fault {
            ConfigFault::Json { .. }
            | ConfigFault::Channels { .. }
            | ConfigFault::Condition { .. }
            | ConfigFault::Range { .. }
            | ConfigFault::Multiple { .. }
            | ConfigFault::Heads { .. }
            | ConfigFault::HeadDim { .. }
            | ConfigFault::Mismatch { .. }
            | ConfigFault::PictureRange { .. }
            | ConfigFault::Unable { .. }
            | ConfigFault::Straight
            | ConfigFault::Guidance { .. } => {}
        },
        ModelError::Tokenizer(fault) => match fault {
            TokenizerFault::Kind { .. }
            | TokenizerFault::Json { .. }
            | TokenizerFault::Rules
            | TokenizerFault::Padding
            | TokenizerFault::NoUnknown
            | TokenizerFault::Repeated { .. }
            | TokenizerFault::Merge { .. }
            | TokenizerFault::Name { .. }
            | TokenizerFault::Vocabulary { .. } => {}
        },
        ModelError::Text(fault) => match fault {
            TextFault::Kind | TextFault::Length { .. } | TextFault::Token { .. } => {}
        },
        ModelError::Weight { fault, .. } => match fault {
            WeightFault::Missing
            | WeightFault::Shape { .. }
            | WeightFault::Order
            | WeightFault::NotFinite { .. } => {}
        },
    }
}

/// Errors of the package; `image2-package` itself tests that its codes are complete.
pub(super) fn of_packages() -> Vec<PackageError> {
    let file = text();
    let manifests = [
        ManifestFault::Unsealed,
        ManifestFault::Json { reason: text() },
        ManifestFault::Format { found: text() },
        ManifestFault::Value {
            field: text(),
            found: text(),
            rule: Rule::Line,
        },
        ManifestFault::Unlisted {
            field: text(),
            file: text(),
        },
        ManifestFault::Repeated { name: text() },
        ManifestFault::NoNetwork {
            component: Component::Text,
        },
        ManifestFault::Chunks {
            file: text(),
            expected: 1,
            found: 2,
        },
        ManifestFault::NoShard {
            tensor: text(),
            index: 1,
        },
        ManifestFault::Overfull {
            file: text(),
            size_bytes: 1,
            used_bytes: 2,
        },
        ManifestFault::Storage {
            tensor: text(),
            shape: Shape::default(),
            format: Format::Q4,
            layout: Layout::Plain,
        },
    ];
    let (entry, size_bytes, expected) = (text(), 1, 2);
    let headers = [
        HeaderFault::Short,
        HeaderFault::Length {
            stated_bytes: 2,
            room_bytes: 1,
        },
        HeaderFault::Json { reason: text() },
        HeaderFault::Place {
            entry: entry.clone(),
            size_bytes,
            from: 0,
            to: 1,
            expected,
        },
        HeaderFault::Size {
            header_bytes: 1,
            data_bytes: 1,
            file_bytes: 3,
        },
        HeaderFault::Repeated {
            entry: entry.clone(),
        },
        HeaderFault::Padding {
            entry: entry.clone(),
        },
        HeaderFault::Entries {
            found: 3,
            expected: 1,
            padding: 1,
        },
        HeaderFault::Unaligned { entry },
    ];
    let vocabularies = [
        VocabularyFault::Json { reason: text() },
        VocabularyFault::Name { name: text() },
        VocabularyFault::Repeated { name: text() },
        VocabularyFault::Unknown {
            synonym: text(),
            subject: text(),
        },
    ];
    let measured = [
        Measured::Manifest,
        Measured::About,
        Measured::Words,
        Measured::Config,
        Measured::Files,
        Measured::Tensors,
        Measured::File { file: text() },
        Measured::Header { file: text() },
        Measured::Tensor { tensor: text() },
    ];
    let shape = || EntryShape {
        dtype: Dtype::F16,
        shape: vec![2],
    };
    let mut all = vec![
        PackageError::Io {
            path: text(),
            source: io::Error::other("full"),
        },
        PackageError::MissingFile { file: text() },
        PackageError::Truncated {
            file: text(),
            expected_bytes: 2,
            actual_bytes: 1,
        },
        PackageError::Tampered {
            file: text(),
            chunk: 1,
        },
        PackageError::Version {
            found: 2,
            supported: 1,
        },
        PackageError::Shape {
            tensor: text(),
            expected: shape(),
            actual: shape(),
        },
        PackageError::MissingTensor { tensor: text() },
        PackageError::NotFinite {
            tensor: text(),
            row: 1,
            col: 2,
        },
    ];
    all.extend(manifests.map(PackageError::from));
    all.extend(headers.map(|fault| PackageError::Header {
        file: file.clone(),
        fault,
    }));
    all.extend(vocabularies.map(|fault| PackageError::Vocabulary {
        file: file.clone(),
        fault,
    }));
    all.extend(measured.map(|what| PackageError::TooLarge {
        what,
        limit: 1,
        actual: 2,
    }));
    all
}
