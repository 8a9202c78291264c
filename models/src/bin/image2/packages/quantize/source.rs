//! Where the tensors of a component come from.

use std::path::Path;

use anyhow::Context as _;
use image2_package::manifest::SHARD_ENDING;
use image2_package::{
    Component, ComponentOf, Folder, Package, PackageError, PackageWriter, Plan, Quantized,
    SafetensorsFile, quantize,
};

use crate::names::shown;

/// A package, or a checkpoint of one component.
pub enum Source {
    Package(Box<Package<Folder>>),
    Checkpoint(SafetensorsFile),
}

impl Source {
    pub fn open(path: &Path) -> anyhow::Result<Self> {
        if path.is_dir() {
            return Ok(Self::Package(Box::new(crate::packages::open(path)?)));
        }
        let file = SafetensorsFile::open(path)
            .with_context(|| format!("cannot open the checkpoint {}", shown(path)))?;
        Ok(Self::Checkpoint(file))
    }

    pub fn package(&self) -> Option<&Package<Folder>> {
        match self {
            Self::Package(package) => Some(package),
            Self::Checkpoint(_) => None,
        }
    }

    /// Whether it has tensors of `component`. A checkpoint is given for one and has them.
    pub fn has(&self, component: Component) -> bool {
        let package = self.package();
        package.is_none_or(|package| !package.manifest().tensors[component].is_empty())
    }

    /// The files of a package that hold no tensors; they are copied unchanged.
    pub fn files(&self) -> anyhow::Result<Vec<(String, Vec<u8>)>> {
        let Some(package) = self.package() else {
            return Ok(Vec::new());
        };
        let files = package.manifest().files.iter();
        let files = files.filter(|file| !file.name.ends_with(SHARD_ENDING));
        files
            .map(|file| Ok((file.name.clone(), package.read_file(&file.name)?)))
            .collect()
    }

    /// Writes the tensors of a component.
    pub fn write(
        &mut self,
        component: Component,
        plan: &Plan,
        writer: &mut PackageWriter,
    ) -> Result<Quantized, PackageError> {
        match self {
            Self::Package(package) => {
                let mut source = ComponentOf { package, component };
                quantize(&mut source, component, plan, writer)
            }
            Self::Checkpoint(file) => quantize(file, component, plan, writer),
        }
    }
}
