//! A package as a whole: a manifest and a [`Source`] of its files, which is a folder or files
//! embedded in the program.
//!
//! Code that receives files asynchronously uses [`crate::FileVerifier`] and [`Shard::parse`]
//! instead; the checks are the same.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::fault::Measured;
use crate::manifest::MANIFEST_FILE;
use crate::shard::Shard;
use crate::tensor_bytes::TensorBytes;
use crate::{Component, FileEntry, FileVerifier, Manifest, PackageError, Vocabulary, limits};

/// Files by name.
pub trait Source {
    /// Passes the file's bytes to `take` in pieces, until the end or until `take` returns an error.
    fn stream(
        &self,
        file: &str,
        take: &mut dyn FnMut(&[u8]) -> Result<(), PackageError>,
    ) -> Result<(), PackageError>;
}

/// A folder.
#[derive(Clone, Debug)]
pub struct Folder(pub PathBuf);

impl Source for Folder {
    fn stream(
        &self,
        file: &str,
        take: &mut dyn FnMut(&[u8]) -> Result<(), PackageError>,
    ) -> Result<(), PackageError> {
        let path = self.0.join(file);
        let io = |source: io::Error| match source.kind() {
            io::ErrorKind::NotFound => PackageError::MissingFile {
                file: file.to_owned(),
            },
            _ => PackageError::io(path.display().to_string(), source),
        };
        let mut reader = File::open(&path).map_err(io)?;
        let mut piece = vec![0; 256 << 10];
        loop {
            match reader.read(&mut piece) {
                Ok(0) => return Ok(()),
                Ok(read) => take(&piece[..read])?,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(io(error)),
            }
        }
    }
}

/// Files in memory, for example by `include_bytes!`.
impl Source for BTreeMap<&str, &[u8]> {
    fn stream(
        &self,
        file: &str,
        take: &mut dyn FnMut(&[u8]) -> Result<(), PackageError>,
    ) -> Result<(), PackageError> {
        let missing = || PackageError::MissingFile {
            file: file.to_owned(),
        };
        take(self.get(file).ok_or_else(missing)?)
    }
}

/// A manifest with the source of its files.
#[derive(Clone, Debug)]
pub struct Package<S> {
    manifest: Manifest,
    source: S,
}

impl Package<Folder> {
    /// Reads the manifest of the package in the folder `path`.
    pub fn open_dir(path: impl AsRef<Path>) -> Result<Self, PackageError> {
        Self::open(Folder(path.as_ref().to_owned()))
    }
}

impl<S: Source> Package<S> {
    /// Reads the manifest; other files are read when asked for.
    pub fn open(source: S) -> Result<Self, PackageError> {
        let mut bytes = Vec::new();
        source.stream(MANIFEST_FILE, &mut |piece| {
            bytes.extend_from_slice(piece);
            let size = bytes.len() as u64;
            if size > limits::MANIFEST_BYTES {
                return Err(PackageError::TooLarge {
                    what: Measured::Manifest,
                    limit: limits::MANIFEST_BYTES,
                    actual: size,
                });
            }
            Ok(())
        })?;
        Ok(Self {
            manifest: Manifest::parse(&bytes)?,
            source,
        })
    }

    /// The validated manifest.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Passes the verified chunks of one file to `keep`, in order. When an error is returned,
    /// `keep` has received the intact chunks before it.
    pub fn stream_file(&self, file: &str, mut keep: impl FnMut(&[u8])) -> Result<(), PackageError> {
        let mut verifier = FileVerifier::new(self.entry(file)?);
        self.source
            .stream(file, &mut |piece| verifier.push(piece, &mut keep))?;
        verifier.finish()
    }

    /// The verified bytes of one file.
    pub fn read_file(&self, file: &str) -> Result<Vec<u8>, PackageError> {
        // Not reserved at once: the stated size is unverified until the bytes are there. It grows
        // by doubling, but never beyond the stated size.
        let size_bytes = self.entry(file)?.size_bytes as usize;
        let mut bytes = Vec::new();
        self.stream_file(file, |chunk| {
            let room = size_bytes - bytes.len();
            if bytes.capacity() - bytes.len() < chunk.len() {
                bytes.reserve_exact(chunk.len().max(bytes.len()).min(room));
            }
            bytes.extend_from_slice(chunk);
        })?;
        Ok(bytes)
    }

    /// The names of the things that the model draws; none where the package does not list them.
    pub fn vocabulary(&self) -> Result<Option<Vocabulary>, PackageError> {
        let knows = self.manifest.about.knows.as_ref();
        let Some(file) = knows.and_then(|knows| knows.vocabulary.as_ref()) else {
            return Ok(None);
        };
        Vocabulary::parse(file, &self.read_file(file)?).map(Some)
    }

    /// The verified tensors of one file.
    pub fn shard(&self, file: &str) -> Result<Shard<'_, Vec<u8>>, PackageError> {
        Shard::parse(&self.manifest, file, self.read_file(file)?)
    }

    /// Visits every tensor of a component, shard by shard; memory: one shard.
    pub fn for_each_tensor<E: From<PackageError>>(
        &self,
        component: Component,
        mut visit: impl FnMut(&str, TensorBytes<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        for file in self.manifest.shards_of(component) {
            let shard = self.shard(&file.name)?;
            for (_, name) in shard.names().filter(|(of, _)| *of == component) {
                visit(name, shard.tensor(component, name)?)?;
            }
        }
        Ok(())
    }

    fn entry(&self, file: &str) -> Result<&FileEntry, PackageError> {
        let missing = || PackageError::MissingFile {
            file: file.to_owned(),
        };
        self.manifest.file(file).ok_or_else(missing)
    }
}

/// The result of [`verify`].
#[derive(Debug)]
pub struct Report {
    /// The package's manifest.
    pub manifest: Manifest,
    /// Intact files.
    pub files: usize,
    /// Bytes of those files.
    pub size_bytes: u64,
    /// One fault for each file that has any.
    pub faults: Vec<PackageError>,
    /// Files in the folder that the manifest does not list. They are never read.
    pub unlisted: Vec<String>,
}

impl Report {
    /// Whether every byte of every listed file is as published.
    pub fn is_sound(&self) -> bool {
        self.faults.is_empty()
    }
}

/// Hashes every file of the package in `dir`, reads every header and the vocabulary, and looks for
/// weights that are not finite. An `Err` means that the manifest itself is invalid.
pub fn verify(dir: impl AsRef<Path>) -> Result<Report, PackageError> {
    let dir = dir.as_ref();
    let package = Package::open_dir(dir)?;
    let mut report = Report {
        manifest: package.manifest.clone(),
        files: 0,
        size_bytes: 0,
        faults: Vec::new(),
        unlisted: unlisted(dir, &package.manifest)?,
    };
    for file in &package.manifest.files {
        match verify_file(&package, file) {
            Ok(()) => {
                report.files += 1;
                report.size_bytes += file.size_bytes;
            }
            Err(fault) => report.faults.push(fault),
        }
    }
    Ok(report)
}

fn verify_file(package: &Package<Folder>, file: &FileEntry) -> Result<(), PackageError> {
    let manifest = &package.manifest;
    let knows = manifest.about.knows.as_ref();
    if knows.is_some_and(|knows| knows.vocabulary.as_ref() == Some(&file.name)) {
        return package.vocabulary().map(drop);
    }
    if !manifest.shards().any(|shard| shard.name == file.name) {
        return package.stream_file(&file.name, |_| {});
    }
    let shard = package.shard(&file.name)?;
    for (component, name) in shard.names() {
        let finite = shard.tensor(component, name)?.check_finite();
        finite.map_err(|at| PackageError::not_finite(&manifest.entry_name(component, name), at))?;
    }
    Ok(())
}

fn unlisted(dir: &Path, manifest: &Manifest) -> Result<Vec<String>, PackageError> {
    let io = |source| PackageError::io(dir.display().to_string(), source);
    let mut names = Vec::new();
    for entry in dir.read_dir().map_err(io)? {
        let name = entry
            .map_err(io)?
            .file_name()
            .to_string_lossy()
            .into_owned();
        if name != MANIFEST_FILE && manifest.file(&name).is_none() {
            names.push(name);
        }
    }
    names.sort_unstable();
    Ok(names)
}
