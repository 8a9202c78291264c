//! From a package to a pipeline.
//!
//! [`Opening`] takes a package's files one by one, in any order and from any source, verifies each
//! before use, and puts the weights on the device as they arrive. [`folder`] reads them from a
//! disk; the worker reads them from the network. Only files of the components that are used are
//! read.

mod reader;
mod validate;

use std::cell::{Cell, RefCell};
use std::path::Path;

use image2_package::about::Denoiser;
use image2_package::{Component, FileEntry, Folder, Manifest, Package, PackageError};
use image2_shaders::Compute;

use super::enlarge::Enlarger;
use super::{Pipeline, memory};
use crate::error::ModelError;
use crate::fault::TokenizerFault;
use crate::networks::{self, NetworkConfig, UpscalerConfig};
use crate::tokenizer::{Kind, Tokenizer};
use reader::Reader;
use validate::{validate_denoiser, validate_enlarged, validate_knows, validate_upscaler};

/// A package that is being read.
#[derive(Debug)]
pub struct Opening {
    reader: Reader,
    drawing: Option<Drawing>,
    upscaler: Option<Box<dyn UpscalerConfig>>,
}

/// The components that draw.
#[derive(Debug)]
struct Drawing {
    denoiser: Denoiser,
    config: Box<dyn NetworkConfig>,
    tokenizer_kind: Kind,
    tokenizer_file: String,
    tokenizer: Option<Tokenizer>,
}

impl Opening {
    /// Everything that draws, and the upscaler where there is one. Refuses a model that this
    /// program or device cannot run, before any other file is fetched.
    ///
    /// # Errors
    /// If a component is missing, an architecture or the kind of tokenizer is unknown, a
    /// configuration contradicts itself or the package, or the processor has too little memory for
    /// the weights.
    pub fn new(manifest: Manifest, compute: &Compute) -> Result<Self, ModelError> {
        let drawing = Drawing::of(&manifest)?;
        let upscaler = match manifest.about.components.upscaler {
            Some(_) => {
                validate_enlarged(&drawing.config.signature())?;
                Some(configure_upscaler(&manifest)?)
            }
            None => None,
        };
        let mut parts = vec![(Component::Denoiser, drawing.config.tables())];
        if upscaler.is_some() {
            parts.push((Component::Upscaler, &[]));
        }
        Ok(Self {
            reader: Reader::new(manifest, compute, &parts)?,
            drawing: Some(drawing),
            upscaler,
        })
    }

    /// The upscaler alone, for [`finish_upscaler`](Self::finish_upscaler).
    ///
    /// # Errors
    /// As of [`new`](Self::new).
    pub fn upscaler(manifest: Manifest, compute: &Compute) -> Result<Self, ModelError> {
        let upscaler = configure_upscaler(&manifest)?;
        Ok(Self {
            reader: Reader::new(manifest, compute, &[(Component::Upscaler, &[])])?,
            drawing: None,
            upscaler: Some(upscaler),
        })
    }

    /// The files that [`add`](Self::add) expects.
    pub fn files(&self) -> impl Iterator<Item = &FileEntry> {
        let tokenizer = self.drawing.as_ref().map(|it| it.tokenizer_file.as_str());
        let files = self.reader.manifest.files.iter();
        files.filter(move |file| self.reader.needs(file, tokenizer))
    }

    /// Verifies a file and reads it.
    ///
    /// # Errors
    /// If a byte differs from the manifest's digests, or the device cannot hold a weight.
    pub fn add(&mut self, name: &str, bytes: &[u8]) -> Result<(), ModelError> {
        self.reader.verify(name, bytes)?;
        self.read(name, bytes)
    }

    /// Reads a verified file.
    fn read(&mut self, name: &str, bytes: &[u8]) -> Result<(), ModelError> {
        match &mut self.drawing {
            Some(drawing) if drawing.tokenizer_file == name => drawing.read_tokenizer(bytes),
            _ => self.reader.read(name, bytes),
        }
    }

    /// Reads every file of a folder that [`add`](Self::add) expects.
    fn read_all(mut self, package: &Package<Folder>) -> Result<Self, ModelError> {
        let files: Vec<String> = self.files().map(|file| file.name.clone()).collect();
        for name in files {
            self.read(&name, &package.read_file(&name)?)?;
        }
        Ok(self)
    }

    /// Builds the networks.
    ///
    /// # Errors
    /// If a file was not added, or a weight is missing or has another shape than the network's.
    pub fn finish(self) -> Result<Pipeline, ModelError> {
        let missing = ModelError::Component(Component::Denoiser);
        let drawing = self.drawing.ok_or(missing)?;
        let file = drawing.tokenizer_file;
        let tokenizer = drawing
            .tokenizer
            .ok_or(PackageError::MissingFile { file })?;
        let network = drawing
            .config
            .load(&self.reader.loader(Component::Denoiser))?;
        let enlarger = match &self.upscaler {
            Some(config) => Some(enlarger(&self.reader, &**config)?),
            None => None,
        };
        let Reader {
            compute, manifest, ..
        } = self.reader;
        compute.check()?;
        let tables = drawing.config.tables();
        let drawing_bytes = memory::weight_bytes(&compute, &manifest, Component::Denoiser, tables);
        let enlarging_bytes = enlarger.as_ref().map_or(0, Enlarger::weight_bytes);
        Ok(Pipeline {
            weight_bytes: drawing_bytes + enlarging_bytes,
            seconds_per_evaluation: Cell::default(),
            compute,
            manifest,
            denoiser: drawing.denoiser,
            network,
            enlarger,
            tokenizer,
            state: RefCell::default(),
        })
    }

    /// Builds the upscaler alone.
    ///
    /// # Errors
    /// As of [`finish`](Self::finish).
    pub fn finish_upscaler(self) -> Result<Enlarger, ModelError> {
        let missing = ModelError::Component(Component::Upscaler);
        let config = self.upscaler.ok_or(missing)?;
        let enlarger = enlarger(&self.reader, &*config)?;
        self.reader.compute.check()?;
        Ok(enlarger)
    }
}

impl Drawing {
    fn of(manifest: &Manifest) -> Result<Self, ModelError> {
        let components = &manifest.about.components;
        let missing = |component| move || ModelError::Component(component);
        let denoiser = components.denoiser.as_ref();
        let denoiser = denoiser.ok_or_else(missing(Component::Denoiser))?;
        let text = components.text.as_ref();
        let text = text.ok_or_else(missing(Component::Text))?;
        let config = networks::denoiser(&denoiser.architecture, &denoiser.config)?;
        let kind = &text.tokenizer.kind;
        let tokenizer_kind =
            Kind::from_name(kind).ok_or_else(|| TokenizerFault::Kind { kind: kind.clone() })?;
        let signature = config.signature();
        validate_denoiser(denoiser, text, &signature)?;
        if let Some(knows) = &manifest.about.knows {
            validate_knows(knows, &signature)?;
        }
        Ok(Self {
            denoiser: denoiser.clone(),
            config,
            tokenizer_kind,
            tokenizer_file: text.tokenizer.file.clone(),
            tokenizer: None,
        })
    }

    fn read_tokenizer(&mut self, bytes: &[u8]) -> Result<(), ModelError> {
        let length = self.config.signature().text_length;
        let tokenizer = Tokenizer::from_json(self.tokenizer_kind, bytes, length)?;
        if let Some(rows) = self.config.vocabulary() {
            tokenizer.check_below(rows)?;
        }
        self.tokenizer = Some(tokenizer);
        Ok(())
    }
}

fn enlarger(reader: &Reader, config: &dyn UpscalerConfig) -> Result<Enlarger, ModelError> {
    let component = Component::Upscaler;
    let network = config.load(&reader.loader(component))?;
    let bytes = memory::weight_bytes(&reader.compute, &reader.manifest, component, &[]);
    Ok(Enlarger::new(network, bytes))
}

fn configure_upscaler(manifest: &Manifest) -> Result<Box<dyn UpscalerConfig>, ModelError> {
    let missing = || ModelError::Component(Component::Upscaler);
    let upscaler = manifest.about.components.upscaler.as_ref();
    let upscaler = upscaler.ok_or_else(missing)?;
    let config = networks::upscaler(&upscaler.architecture, &upscaler.config)?;
    validate_upscaler(upscaler, &config.signature())?;
    Ok(config)
}

/// Opens the package in a folder.
///
/// # Errors
/// Those of [`Opening`], and if a file cannot be read.
pub fn folder(path: &Path, compute: &Compute) -> Result<Pipeline, ModelError> {
    let package = Package::open_dir(path)?;
    let opening = Opening::new(package.manifest().clone(), compute)?;
    opening.read_all(&package)?.finish()
}

/// Opens the upscaler of the package in a folder.
///
/// # Errors
/// Those of [`Opening`], and if a file cannot be read.
pub fn upscaler(path: &Path, compute: &Compute) -> Result<Enlarger, ModelError> {
    let package = Package::open_dir(path)?;
    let opening = Opening::upscaler(package.manifest().clone(), compute)?;
    opening.read_all(&package)?.finish_upscaler()
}
