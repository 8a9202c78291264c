//! From a package to a pipeline.
//!
//! [`Opening`] takes a package's files one by one, in any order and from any source, verifies each
//! before use, and puts the weights on the device as they arrive. [`folder`] reads them from a
//! disk; the worker reads them from the network.

use std::cell::RefCell;
use std::path::Path;

use image2_package::manifest::{About, SHARD_ENDING};
use image2_package::{FileEntry, FileVerifier, Manifest, Package, PackageError, Shard};
use image2_shaders::Compute;

use super::limits::{GUIDANCE_MAX, STEPS_MAX};
use super::{Pipeline, memory};
use crate::error::ModelError;
use crate::fault::{ConfigFault, DeviceKind, TokenizerFault};
use crate::networks::{NetworkConfig, Signature, configure};
use crate::tokenizer::{Kind, Tokenizer};
use crate::weights::Weights;

/// A package that is being read.
#[derive(Debug)]
pub struct Opening {
    compute: Compute,
    manifest: Manifest,
    config: Box<dyn NetworkConfig>,
    weights: Weights,
    tokenizer_kind: Kind,
    tokenizer: Option<Tokenizer>,
}

impl Opening {
    /// Refuses a model that this program or device cannot run, before any other file is fetched.
    ///
    /// # Errors
    /// If the architecture or the kind of tokenizer is unknown, the configuration contradicts itself
    /// or the package, or the processor has too little memory for the weights.
    pub fn new(manifest: Manifest, compute: &Compute) -> Result<Self, ModelError> {
        let about = &manifest.about;
        let config = configure(&about.architecture, &about.config)?;
        let kind = &about.tokenizer.kind;
        let tokenizer_kind =
            Kind::from_name(kind).ok_or_else(|| TokenizerFault::Kind { kind: kind.clone() })?;
        validate(about, &config.signature())?;
        if let Some(limit_bytes) = compute.weight_bytes_max() {
            // Tables included: they are in the processor's memory as well.
            let size_bytes = memory::weight_bytes(compute, &manifest, &[]);
            if size_bytes > limit_bytes {
                return Err(ModelError::Memory {
                    device: DeviceKind::of(compute),
                    size_bytes,
                    limit_bytes,
                });
            }
        }
        Ok(Self {
            compute: compute.clone(),
            weights: Weights::new(compute, config.tables()),
            manifest,
            config,
            tokenizer_kind,
            tokenizer: None,
        })
    }

    /// The files that [`add`](Self::add) expects.
    pub fn files(&self) -> impl Iterator<Item = &FileEntry> {
        let tokenizer = &self.manifest.about.tokenizer.file;
        self.manifest
            .files
            .iter()
            .filter(move |file| file.name.ends_with(SHARD_ENDING) || file.name == *tokenizer)
    }

    /// Verifies a file and reads it.
    ///
    /// # Errors
    /// If a byte differs from the manifest's digests, or the device cannot hold a weight.
    pub fn add(&mut self, name: &str, bytes: &[u8]) -> Result<(), ModelError> {
        let entry = self
            .manifest
            .file(name)
            .ok_or_else(|| PackageError::MissingFile {
                file: name.to_owned(),
            })?;
        let mut verifier = FileVerifier::new(entry);
        verifier.push(bytes, |_| {})?;
        verifier.finish()?;
        self.read(name, bytes)
    }

    /// Reads a verified file.
    fn read(&mut self, name: &str, bytes: &[u8]) -> Result<(), ModelError> {
        if name.ends_with(SHARD_ENDING) {
            let shard = Shard::parse(&self.manifest, name, bytes)?;
            for name in shard.names() {
                self.weights.add(name, &shard.tensor(name)?)?;
            }
            self.compute.flush();
        } else if name == self.manifest.about.tokenizer.file {
            let length = self.config.signature().text_length;
            let tokenizer = Tokenizer::from_json(self.tokenizer_kind, bytes, length)?;
            if let Some(rows) = self.config.vocabulary() {
                tokenizer.check_below(rows)?;
            }
            self.tokenizer = Some(tokenizer);
        }
        Ok(())
    }

    /// Builds the network.
    ///
    /// # Errors
    /// If a file was not added, or a weight is missing or has another shape than the network's.
    pub fn finish(self) -> Result<Pipeline, ModelError> {
        let missing = self.manifest.about.tokenizer.file.clone();
        let tokenizer = self
            .tokenizer
            .ok_or(PackageError::MissingFile { file: missing })?;
        let network = self.config.load(&self.weights.loader())?;
        self.compute.check()?;
        let tables = self.config.tables();
        Ok(Pipeline {
            weight_bytes: memory::weight_bytes(&self.compute, &self.manifest, tables),
            compute: self.compute,
            manifest: self.manifest,
            network,
            tokenizer,
            state: RefCell::default(),
        })
    }
}

/// Compares a manifest with the network's signature and with this program's limits.
fn validate(about: &About, signature: &Signature) -> Result<(), ConfigFault> {
    for (field, network, package) in [
        (
            "channels",
            signature.channels,
            about.picture.channels.count(),
        ),
        (
            "text_length",
            signature.text_length,
            about.tokenizer.length as usize,
        ),
    ] {
        if network != package {
            return Err(ConfigFault::Mismatch {
                field,
                network,
                package,
            });
        }
    }
    let [low, high] = about.picture.range;
    if about.picture.range != [-1.0, 1.0] {
        return Err(ConfigFault::PictureRange { low, high });
    }
    if signature.channels == 4 && !about.picture.premultiplied {
        return Err(ConfigFault::Straight);
    }
    let (steps, guidance) = (about.sampler.steps, about.sampler.guidance);
    if !(1..=STEPS_MAX).contains(&steps) {
        return Err(ConfigFault::Range {
            field: "sampler.steps",
            found: steps as usize,
            low: 1,
            high: STEPS_MAX as usize,
        });
    }
    if !(0.0..=GUIDANCE_MAX).contains(&guidance) {
        let high = GUIDANCE_MAX;
        return Err(ConfigFault::Guidance { guidance, high });
    }
    Ok(())
}

/// Opens the package in a folder.
///
/// # Errors
/// Those of [`Opening`], and if a file cannot be read.
pub fn folder(path: &Path, compute: &Compute) -> Result<Pipeline, ModelError> {
    let package = Package::open_dir(path)?;
    let mut opening = Opening::new(package.manifest().clone(), compute)?;
    let files: Vec<String> = opening.files().map(|file| file.name.clone()).collect();
    for name in files {
        opening.read(&name, &package.read_file(&name)?)?;
    }
    opening.finish()
}
