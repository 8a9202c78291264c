//! Reads the chosen components of a package onto a device, file by file.

use image2_package::manifest::SHARD_ENDING;
use image2_package::{Component, FileEntry, FileVerifier, Manifest, PackageError, Shard};
use image2_shaders::Compute;

use crate::error::ModelError;
use crate::fault::DeviceKind;
use crate::pipelines::memory;
use crate::weights::{Loader, Weights};

/// A component that is read, and its weights that are looked up, never multiplied.
type Part = (Component, &'static [&'static str]);

/// The weights of chosen components on their way to the device.
#[derive(Debug)]
pub(super) struct Reader {
    pub(super) compute: Compute,
    pub(super) manifest: Manifest,
    /// A handful, so they are searched one by one.
    weights: Vec<(Component, Weights)>,
}

impl Reader {
    /// # Errors
    /// [`ModelError::Memory`] if the processor has too little memory for the weights.
    pub(super) fn new(
        manifest: Manifest,
        compute: &Compute,
        parts: &[Part],
    ) -> Result<Self, ModelError> {
        if let Some(limit_bytes) = compute.weight_bytes_max() {
            // Tables included: they are in the processor's memory as well.
            let of =
                |&(component, _): &Part| memory::weight_bytes(compute, &manifest, component, &[]);
            let size_bytes = parts.iter().map(of).fold(0, u64::saturating_add);
            if size_bytes > limit_bytes {
                return Err(ModelError::Memory {
                    device: DeviceKind::of(compute),
                    size_bytes,
                    limit_bytes,
                });
            }
        }
        let weights =
            |&(component, tables): &Part| (component, Weights::new(compute, component, tables));
        Ok(Self {
            compute: compute.clone(),
            weights: parts.iter().map(weights).collect(),
            manifest,
        })
    }

    /// Whether the file holds tensors of the chosen components, or is `other`.
    pub(super) fn needs(&self, file: &FileEntry, other: Option<&str>) -> bool {
        let mut chosen = self.weights.iter();
        other == Some(&file.name)
            || chosen.any(|(component, _)| {
                let mut shards = self.manifest.shards_of(*component);
                shards.any(|shard| shard.name == file.name)
            })
    }

    /// Compares a file with the manifest's digests.
    pub(super) fn verify(&self, name: &str, bytes: &[u8]) -> Result<(), PackageError> {
        let missing = || PackageError::MissingFile {
            file: name.to_owned(),
        };
        let entry = self.manifest.file(name).ok_or_else(missing)?;
        let mut verifier = FileVerifier::new(entry);
        verifier.push(bytes, |_| {})?;
        verifier.finish()
    }

    /// Reads a verified shard; other files are ignored.
    pub(super) fn read(&mut self, name: &str, bytes: &[u8]) -> Result<(), ModelError> {
        if name.ends_with(SHARD_ENDING) {
            let shard = Shard::parse(&self.manifest, name, bytes)?;
            for (component, name) in shard.names() {
                let mut chosen = self.weights.iter_mut();
                if let Some((_, weights)) = chosen.find(|(of, _)| *of == component) {
                    weights.add(name, &shard.tensor(component, name)?)?;
                }
            }
            self.compute.flush();
        }
        Ok(())
    }

    /// The source of a chosen component's weights.
    ///
    /// # Panics
    /// If the component was not chosen.
    pub(super) fn loader(&self, component: Component) -> Loader<'_> {
        let mut chosen = self.weights.iter();
        let weights = chosen.find(|(of, _)| *of == component);
        weights.expect("a chosen component").1.loader()
    }
}
