//! From a package to a pipeline.
//!
//! [`Opening`] takes a package's files one by one, in any order and from anywhere, verifies each
//! before it uses it, and puts the weights on the device as they come. [`folder`] does so from a
//! disk; the worker does so from the network.

use std::cell::RefCell;
use std::path::Path;

use image2_package::manifest::SHARD_ENDING;
use image2_package::{FileEntry, FileVerifier, Manifest, Package, PackageError, Shard};
use image2_shaders::Compute;

use crate::error::ModelError;
use crate::loader::Weights;
use crate::mmjit::{MmJit, MmJitConfig, TextConfig};
use crate::pipeline::{GUIDANCE_MAX, Pipeline, STEPS_MAX};
use crate::tokenizer::{Kind, Tokenizer};

/// The architecture that this program knows.
const ARCHITECTURE: &str = "mm-jit";

/// A package that is being read.
#[derive(Debug)]
pub struct Opening {
    compute: Compute,
    manifest: Manifest,
    config: MmJitConfig,
    weights: Weights,
    tokenizer_kind: Kind,
    tokenizer: Option<Tokenizer>,
}

impl Opening {
    /// Refuses what this program cannot run, before anything but the manifest is fetched.
    ///
    /// # Errors
    /// If the architecture or kind of tokenizer is unknown, or the configuration contradicts
    /// itself or the package.
    pub fn new(manifest: Manifest, compute: &Compute) -> Result<Self, ModelError> {
        let about = &manifest.about;
        if about.architecture != ARCHITECTURE {
            return Err(ModelError::Architecture(about.architecture.clone()));
        }
        let tokenizer_kind = Kind::from_name(&about.tokenizer.kind).ok_or_else(|| {
            ModelError::Tokenizer(format!("the kind {:?} is unknown", about.tokenizer.kind))
        })?;
        let config = MmJitConfig::from_json(&about.config)?;
        if about.picture.channels.count() != config.channels
            || about.tokenizer.length as usize != config.text_length
        {
            return Err(ModelError::Config(
                "the network's channels or text length differ from the package's".into(),
            ));
        }
        if about.picture.range != [-1.0, 1.0] {
            return Err(ModelError::Config(
                "pictures must be in the range of −1 to 1".into(),
            ));
        }
        let sampler = &about.sampler;
        if !(1..=STEPS_MAX).contains(&sampler.steps)
            || !(0.0..=GUIDANCE_MAX).contains(&sampler.guidance)
        {
            return Err(ModelError::Config(
                "the recommended steps or guidance are out of bounds".into(),
            ));
        }
        if let Some(limit_bytes) = compute.weight_bytes_max() {
            let sizes = manifest.tensors.values().map(|tensor| {
                let elements = tensor.shape.elements() as u64;
                compute.weight_bytes(tensor.format, elements, tensor.stored_bytes())
            });
            let size_bytes = sizes.fold(0, u64::saturating_add);
            if size_bytes > limit_bytes {
                return Err(ModelError::TooLarge {
                    size_bytes,
                    limit_bytes,
                });
            }
        }
        if config.channels == 4 && !about.picture.premultiplied {
            return Err(ModelError::Config(
                "pictures with alpha must be premultiplied".into(),
            ));
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

    /// The files that [`add`](Self::add) wants.
    pub fn files(&self) -> impl Iterator<Item = &FileEntry> {
        let tokenizer = &self.manifest.about.tokenizer.file;
        self.manifest
            .files
            .iter()
            .filter(move |file| file.name.ends_with(SHARD_ENDING) || file.name == *tokenizer)
    }

    /// Verifies a file and takes what is in it.
    ///
    /// # Errors
    /// If a byte is not as the manifest says, or the device cannot hold a weight.
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
        self.take(name, bytes)
    }

    /// Takes what is in a verified file.
    fn take(&mut self, name: &str, bytes: &[u8]) -> Result<(), ModelError> {
        if name.ends_with(SHARD_ENDING) {
            let shard = Shard::parse(&self.manifest, name, bytes)?;
            for name in shard.names() {
                self.weights.add(name, &shard.tensor(name)?)?;
            }
            self.compute.flush();
        } else if name == self.manifest.about.tokenizer.file {
            let tokenizer =
                Tokenizer::from_json(self.tokenizer_kind, bytes, self.config.text_length)?;
            if let TextConfig::Table { vocab } = self.config.text {
                tokenizer.check_below(vocab)?;
            }
            self.tokenizer = Some(tokenizer);
        }
        Ok(())
    }

    /// Builds the network.
    ///
    /// # Errors
    /// If a file was not added, or the network lacks a weight or finds one of another shape.
    pub fn finish(self) -> Result<Pipeline, ModelError> {
        let missing = self.manifest.about.tokenizer.file.clone();
        let tokenizer = self
            .tokenizer
            .ok_or(PackageError::MissingFile { file: missing })?;
        let network = MmJit::load(&self.weights.loader(), self.config)?;
        self.compute.check()?;
        Ok(Pipeline {
            compute: self.compute,
            manifest: self.manifest,
            network,
            tokenizer,
            easel: RefCell::default(),
        })
    }
}

/// Opens the package in a folder.
///
/// # Errors
/// As the parts of [`Opening`], and if a file cannot be read.
pub fn folder(path: &Path, compute: &Compute) -> Result<Pipeline, ModelError> {
    let package = Package::open_dir(path)?;
    let mut opening = Opening::new(package.manifest().clone(), compute)?;
    let files: Vec<String> = opening.files().map(|file| file.name.clone()).collect();
    for name in files {
        opening.take(&name, &package.read_file(&name)?)?;
    }
    opening.finish()
}
