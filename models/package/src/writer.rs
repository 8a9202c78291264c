//! Writing a package so that an interrupted write never looks like a complete one.
//!
//! Tensors stream into shards of at most [`SHARD_BYTES`] of data; each component has shards of its
//! own, so that a program can fetch only those that it uses. A safetensors header precedes the data it describes, so a shard's data grows in a file of its own; when the shard is full, the
//! data is copied behind the header and hashed on the way. Memory stays at one small buffer. Every
//! file is written under another name, synced and renamed; the manifest comes last.

use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use half::f16;

use crate::blocks::Blocks;
use crate::chunks::{CHUNK_BYTES, ChunkHasher, entry_for};
use crate::fault::{ManifestFault, Measured, Rule, shorten};
use crate::header;
use crate::manifest::{MANIFEST_FILE, SHARD_ENDING, entry_name};
use crate::open_shard::{OpenShard, TensorSink};
use crate::validate::{is_file_name, validate_tensor};
use crate::{
    About, Component, FileEntry, Format, Layout, Manifest, PackageError, Shape, TensorEntry,
    Tensors, limits,
};

/// Data in a shard, unless a single tensor is larger: a phone's browser can hold this beside a
/// running pipeline.
pub const SHARD_BYTES: u64 = 32 << 20;

/// Writes a package into a folder. Dropped before [`PackageWriter::finish`], it leaves files but
/// no manifest, and so no package.
#[derive(Debug)]
pub struct PackageWriter {
    dir: PathBuf,
    files: Vec<FileEntry>,
    tensors: Tensors,
    shard: Option<OpenShard>,
    /// The first tensor that failed: the shard with its partial data must not be published.
    failed: Option<String>,
}

impl PackageWriter {
    /// Starts a package in `dir`, which is created if missing. A folder that already holds a
    /// package is refused.
    pub fn create(dir: impl AsRef<Path>) -> Result<Self, PackageError> {
        let dir = dir.as_ref().to_owned();
        fs::create_dir_all(&dir).map_err(|error| PackageError::io_at(&dir, error))?;
        let manifest = dir.join(MANIFEST_FILE);
        if manifest.exists() {
            let error = io::Error::new(io::ErrorKind::AlreadyExists, "already holds a package");
            return Err(PackageError::io_at(&dir, error));
        }
        Ok(Self {
            dir,
            files: Vec::new(),
            tensors: Tensors::default(),
            shard: None,
            failed: None,
        })
    }

    /// Adds a file that holds no tensors: a vocabulary, notices.
    pub fn add_file(&mut self, name: &str, bytes: &[u8]) -> Result<(), PackageError> {
        if !is_file_name(name) || name == MANIFEST_FILE || name.ends_with(SHARD_ENDING) {
            let (field, found) = ("files.name".to_owned(), shorten(name));
            let rule = Rule::FileName;
            return Err(ManifestFault::Value { field, found, rule }.into());
        }
        if self.files.iter().any(|file| file.name == name) {
            let name = name.to_owned();
            return Err(ManifestFault::Repeated { name }.into());
        }
        self.publish(name, |file| file.write_all(bytes))?;
        self.files.push(entry_for(name, bytes, CHUNK_BYTES));
        Ok(())
    }

    /// Adds a tensor of a component; `fill` writes its stored bytes in pieces and returns the
    /// scales, or none where the format has none.
    ///
    /// # Panics
    /// If values or scales are fewer or more than shape, format and layout demand.
    pub fn add_tensor(
        &mut self,
        component: Component,
        name: &str,
        shape: Shape,
        format: Format,
        layout: Layout,
        fill: impl FnOnce(&mut TensorSink<'_>) -> Result<Vec<f16>, PackageError>,
    ) -> Result<(), PackageError> {
        let mut tensor = TensorEntry {
            shape,
            format,
            layout,
            file: 0,
        };
        validate_tensor(name, &tensor)?;
        let entry_name = entry_name(component, name);
        if self.tensors[component].contains_key(name) {
            return Err(ManifestFault::Repeated { name: entry_name }.into());
        }
        // Header and padding of a shard with one tensor stay far below this.
        let (limit, stored) = (limits::FILE_BYTES - 4096, tensor.stored_bytes());
        if stored > limit {
            return Err(PackageError::TooLarge {
                what: Measured::Tensor { tensor: entry_name },
                limit,
                actual: stored,
            });
        }
        if self.shard.as_ref().is_some_and(|shard| {
            shard.component != component || shard.size_bytes + stored > SHARD_BYTES
        }) {
            self.close_shard()?;
        }
        let mut shard = match self.shard.take() {
            Some(shard) => shard,
            None => self.open_shard(component)?,
        };
        tensor.file = shard.index as u32;
        let added = shard.add(&entry_name, &tensor, fill);
        self.shard = Some(shard);
        match &added {
            Ok(()) => {
                self.tensors[component].insert(name.to_owned(), tensor);
            }
            Err(_) => self.failed = Some(entry_name),
        }
        added
    }

    /// Adds a weight matrix in blocks.
    pub fn add_blocks(
        &mut self,
        component: Component,
        name: &str,
        shape: Shape,
        blocks: &Blocks,
    ) -> Result<(), PackageError> {
        assert_eq!(
            shape.matrix(),
            (blocks.rows, blocks.cols),
            "blocks of {name}"
        );
        let (format, layout) = (blocks.format, Layout::Blocks);
        self.add_tensor(component, name, shape, format, layout, |sink| {
            sink.write(&blocks.values)?;
            Ok(blocks.scales.clone())
        })
    }

    /// Adds numbers in their logical order, as f16 or f32.
    pub fn add_plain(
        &mut self,
        component: Component,
        name: &str,
        shape: Shape,
        numbers: &[f32],
        format: Format,
    ) -> Result<(), PackageError> {
        let mut bytes = Vec::new();
        self.add_tensor(component, name, shape, format, Layout::Plain, |sink| {
            for (i, piece) in numbers.chunks(PIECE).enumerate() {
                bytes.clear();
                plain_bytes(piece, format, &mut bytes).map_err(|at| {
                    let at = i * PIECE + at;
                    let (_, cols) = shape.matrix();
                    PackageError::NotFinite {
                        tensor: entry_name(component, name),
                        row: at / cols,
                        col: at % cols,
                    }
                })?;
                sink.write(&bytes)?;
            }
            Ok(Vec::new())
        })
    }

    /// Closes the last shard and publishes the manifest: from here on the folder is a package.
    pub fn finish(mut self, about: About) -> Result<Manifest, PackageError> {
        if let Some(name) = &self.failed {
            return Err(PackageError::MissingTensor {
                tensor: name.clone(),
            });
        }
        self.close_shard()?;
        let (files, tensors) = (
            std::mem::take(&mut self.files),
            std::mem::take(&mut self.tensors),
        );
        let manifest = Manifest::new(about, files, tensors)?;
        let bytes = manifest.to_bytes()?;
        self.publish(MANIFEST_FILE, |file| file.write_all(&bytes))?;
        // The renames themselves must outlast a power cut, where the system can promise that.
        if let Ok(dir) = File::open(&self.dir) {
            let _ = dir.sync_all();
        }
        Ok(manifest)
    }

    fn open_shard(&mut self, component: Component) -> Result<OpenShard, PackageError> {
        let number = self
            .files
            .iter()
            .filter(|file| file.name.ends_with(SHARD_ENDING))
            .count();
        let name = format!("weights-{number:05}{SHARD_ENDING}");
        let data_path = self.dir.join(format!("{name}.data.partial"));
        let file = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(true)
            .open(&data_path);
        let data = BufWriter::new(file.map_err(|error| PackageError::io_at(&data_path, error))?);
        // Reserves its index; size and digests follow when the shard is closed.
        self.files.push(FileEntry {
            name,
            size_bytes: 0,
            chunk_bytes: CHUNK_BYTES,
            chunks: Vec::new(),
        });
        let index = self.files.len() - 1;
        Ok(OpenShard {
            index,
            component,
            data_path,
            data,
            size_bytes: 0,
            entries: Vec::new(),
        })
    }

    fn close_shard(&mut self) -> Result<(), PackageError> {
        let Some(mut shard) = self.shard.take() else {
            return Ok(());
        };
        let io = |error| PackageError::io_at(&shard.data_path, error);
        shard.data.flush().map_err(io)?;
        let mut data = File::open(&shard.data_path).map_err(io)?;
        let mut hasher = ChunkHasher::default();
        let name = self.files[shard.index].name.clone();
        self.publish(&name, |file| {
            let mut put = |bytes: &[u8]| {
                hasher.update(bytes);
                file.write_all(bytes)
            };
            put(&header::write(&shard.entries))?;
            let mut piece = vec![0; 256 << 10];
            loop {
                match data.read(&mut piece)? {
                    0 => return Ok(()),
                    read => put(&piece[..read])?,
                }
            }
        })?;
        let entry = &mut self.files[shard.index];
        (entry.size_bytes, entry.chunks) = hasher.finish();
        Ok(())
    }

    /// Writes a file under another name, syncs it and renames it.
    fn publish(
        &self,
        name: &str,
        write: impl FnOnce(&mut File) -> io::Result<()>,
    ) -> Result<(), PackageError> {
        let partial = self.dir.join(format!("{name}.partial"));
        let path = self.dir.join(name);
        let done = File::create(&partial)
            .and_then(|mut file| write(&mut file).and_then(|()| file.sync_all()))
            .and_then(|()| fs::rename(&partial, &path));
        done.map_err(|error| {
            let _ = fs::remove_file(&partial);
            PackageError::io_at(&path, error)
        })
    }
}

/// Numbers converted at a time.
const PIECE: usize = 1 << 14;

/// Appends numbers in the plain layout. `Err` is the index of one that is not finite in the
/// format.
///
/// # Panics
/// If the format is neither f16 nor f32.
pub(crate) fn plain_bytes(
    numbers: &[f32],
    format: Format,
    bytes: &mut Vec<u8>,
) -> Result<(), usize> {
    assert!(!format.has_scales(), "plain numbers have no scales");
    for (i, &x) in numbers.iter().enumerate() {
        let half = f16::from_f32(x);
        match format {
            Format::F16 if half.is_finite() => bytes.extend(half.to_le_bytes()),
            Format::F32 if x.is_finite() => bytes.extend(x.to_le_bytes()),
            _ => return Err(i),
        }
    }
    Ok(())
}
