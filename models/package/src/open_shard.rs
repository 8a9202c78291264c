//! A shard that is being written: its data grows in a file of its own, because the header that
//! precedes it is known only at the end.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::PathBuf;

use half::f16;

use crate::header::PAD;
use crate::shard::{scales_name, scales_shape, value_entry};
use crate::{Component, PackageError, TensorEntry, blocks};

/// A shard whose data is still growing.
#[derive(Debug)]
pub(crate) struct OpenShard {
    /// Its index in the list of files.
    pub(crate) index: usize,
    /// The component whose tensors it holds.
    pub(crate) component: Component,
    pub(crate) data_path: PathBuf,
    pub(crate) data: BufWriter<File>,
    pub(crate) size_bytes: u64,
    pub(crate) entries: Vec<(String, &'static str, Vec<usize>, usize)>,
}

/// Receives the values of one tensor in pieces.
#[derive(Debug)]
pub struct TensorSink<'a> {
    shard: &'a mut OpenShard,
    left_bytes: u64,
}

impl TensorSink<'_> {
    /// Appends bytes in the order of storage.
    ///
    /// # Panics
    /// If the tensor would get more bytes than its shape and format have.
    pub fn write(&mut self, values: &[u8]) -> Result<(), PackageError> {
        let left = self.left_bytes.checked_sub(values.len() as u64);
        self.left_bytes = left.expect("a tensor gets no more bytes than its shape has");
        self.shard.write(values)
    }
}

impl OpenShard {
    pub(crate) fn add(
        &mut self,
        name: &str,
        tensor: &TensorEntry,
        fill: impl FnOnce(&mut TensorSink<'_>) -> Result<Vec<f16>, PackageError>,
    ) -> Result<(), PackageError> {
        let mut sink = TensorSink {
            shard: self,
            left_bytes: tensor.value_bytes(),
        };
        let scales = fill(&mut sink)?;
        assert_eq!(sink.left_bytes, 0, "all values of tensor {name}");
        let (dtype, shape) = value_entry(tensor);
        self.close_entry(name.to_owned(), dtype.name(), shape, tensor.value_bytes())?;
        assert_eq!(
            scales.len() as u64 * 2,
            tensor.scale_bytes(),
            "all scales of tensor {name}"
        );
        if tensor.format.has_scales() {
            self.write(&blocks::scale_bytes(&scales))?;
            let shape = scales_shape(tensor);
            self.close_entry(scales_name(name), "F16", shape, tensor.scale_bytes())?;
        }
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), PackageError> {
        self.size_bytes += bytes.len() as u64;
        self.data
            .write_all(bytes)
            .map_err(|error| PackageError::io_at(&self.data_path, error))
    }

    /// Records the entry just written, and aligns the next one to four bytes.
    fn close_entry(
        &mut self,
        name: String,
        dtype: &'static str,
        shape: Vec<usize>,
        bytes: u64,
    ) -> Result<(), PackageError> {
        self.entries.push((name, dtype, shape, bytes as usize));
        let pad = (self.size_bytes.next_multiple_of(4) - self.size_bytes) as usize;
        if pad > 0 {
            self.write(&[0; 4][..pad])?;
            self.entries
                .push((format!("{PAD}{}", self.entries.len()), "U8", vec![pad], pad));
        }
        Ok(())
    }
}

impl Drop for OpenShard {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.data_path);
    }
}
