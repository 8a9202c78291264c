//! The tensors of one verified file.
//!
//! [`Shard::parse`] compares the file's header with the manifest in both directions: every tensor
//! that the manifest places here has its entries with the bytes that its format demands, and there
//! are no others. It is safe on any bytes, verified or not.

use crate::blocks;
use crate::dtype::Dtype;
use crate::fault::{EntryShape, HeaderFault, shorten};
use crate::header::{self, Entry, Header, PAD};
use crate::manifest::Manifest;
use crate::{Component, Format, Layout, PackageError, TensorBytes, TensorEntry};

/// The bytes of one shard with their validated header. `B` is owned (`Vec<u8>`) or borrowed.
#[derive(Clone, Debug)]
pub struct Shard<'m, B> {
    manifest: &'m Manifest,
    file: u32,
    header: Header,
    bytes: B,
}

impl<'m, B: AsRef<[u8]>> Shard<'m, B> {
    /// Reads the header of the file `file`, whose verified bytes are `bytes`.
    pub fn parse(manifest: &'m Manifest, file: &str, bytes: B) -> Result<Self, PackageError> {
        let data = bytes.as_ref();
        let file_bytes = data.len() as u64;
        let index = manifest
            .files
            .iter()
            .position(|entry| entry.name == file)
            .ok_or_else(|| PackageError::MissingFile {
                file: file.to_owned(),
            })? as u32;
        let first = data
            .first_chunk()
            .ok_or_else(|| PackageError::header(file, HeaderFault::Short))?;
        let text_bytes = header::header_bytes(file, *first, file_bytes)? as usize;
        let text = &data[header::LENGTH_BYTES..][..text_bytes];
        let header = Header::parse(file, text, file_bytes)?;
        check(manifest, index, file, &header, data)?;
        Ok(Self {
            manifest,
            file: index,
            header,
            bytes,
        })
    }

    /// The tensors that lie here: component and name.
    pub fn names(&self) -> impl Iterator<Item = (Component, &'m str)> {
        let (manifest, file) = (self.manifest, self.file);
        let here = manifest
            .tensors
            .iter()
            .filter(move |(_, _, tensor)| tensor.file == file);
        here.map(|(component, name, _)| (component, name))
    }

    /// The tensor `name` of a component.
    pub fn tensor(
        &self,
        component: Component,
        name: &str,
    ) -> Result<TensorBytes<'_>, PackageError> {
        let entry_name = self.manifest.entry_name(component, name);
        let missing = || PackageError::MissingTensor {
            tensor: entry_name.clone(),
        };
        let tensor = self.manifest.tensors[component].get(name);
        let tensor = tensor.filter(|tensor| tensor.file == self.file);
        let tensor = tensor.ok_or_else(missing)?;
        let slice = |entry: &Entry| {
            &self.bytes.as_ref()[entry.offset as usize..][..entry.size_bytes as usize]
        };
        let values = self.header.get(&entry_name).map(slice);
        let values = values.ok_or_else(missing)?;
        let scales = if tensor.format.has_scales() {
            Some(
                self.header
                    .get(&scales_name(&entry_name))
                    .map(slice)
                    .ok_or_else(missing)?,
            )
        } else {
            None
        };
        let TensorEntry {
            shape,
            format,
            layout,
            ..
        } = *tensor;
        Ok(TensorBytes {
            shape,
            format,
            layout,
            values,
            scales,
        })
    }
}

/// The name of the entry that holds the scales of the tensor `name`.
pub(crate) fn scales_name(name: &str) -> String {
    format!("{name}.scales")
}

/// The safetensors type and shape of a tensor's values.
pub(crate) fn value_entry(tensor: &TensorEntry) -> (Dtype, Vec<usize>) {
    let (rows, cols) = tensor.shape.matrix();
    match (tensor.layout, tensor.format) {
        (Layout::Blocks | Layout::Ohwi, format) => (
            Dtype::U8,
            vec![blocks::blocks_per_row(cols), rows, format.block_bytes()],
        ),
        (Layout::Plain, format) => {
            let dtype = if format == Format::F16 {
                Dtype::F16
            } else {
                Dtype::F32
            };
            (
                dtype,
                tensor
                    .shape
                    .dims()
                    .iter()
                    .map(|&dim| dim as usize)
                    .collect(),
            )
        }
    }
}

/// The shape of a tensor's scales.
pub(crate) fn scales_shape(tensor: &TensorEntry) -> Vec<usize> {
    let (rows, cols) = tensor.shape.matrix();
    vec![blocks::blocks_per_row(cols), rows]
}

fn check(
    manifest: &Manifest,
    index: u32,
    file: &str,
    header: &Header,
    data: &[u8],
) -> Result<(), PackageError> {
    let mut expected = 0;
    let here = manifest
        .tensors
        .iter()
        .filter(|(_, _, tensor)| tensor.file == index);
    for (component, name, tensor) in here {
        let name = manifest.entry_name(component, name);
        let (dtype, shape) = value_entry(tensor);
        check_entry(file, &name, header.get(&name), dtype, &shape)?;
        expected += 1;
        if tensor.format.has_scales() {
            let name = scales_name(&name);
            check_entry(
                file,
                &name,
                header.get(&name),
                Dtype::F16,
                &scales_shape(tensor),
            )?;
            expected += 1;
        }
    }
    let mut padding = 0;
    for (name, entry) in header.iter().filter(|(name, _)| name.starts_with(PAD)) {
        let bytes = &data[entry.offset as usize..][..entry.size_bytes as usize];
        if entry.dtype != Dtype::U8 || bytes.len() >= 8 || bytes.iter().any(|&byte| byte != 0) {
            let entry = shorten(name);
            return Err(PackageError::header(file, HeaderFault::Padding { entry }));
        }
        padding += 1;
    }
    let found = header.iter().len();
    if found != expected + padding {
        let fault = HeaderFault::Entries {
            found,
            expected,
            padding,
        };
        return Err(PackageError::header(file, fault));
    }
    Ok(())
}

fn check_entry(
    file: &str,
    name: &str,
    entry: Option<&Entry>,
    dtype: Dtype,
    shape: &[usize],
) -> Result<(), PackageError> {
    let entry = entry.ok_or_else(|| PackageError::MissingTensor {
        tensor: name.to_owned(),
    })?;
    let expected = EntryShape {
        dtype,
        shape: shape.to_vec(),
    };
    let actual = EntryShape {
        dtype: entry.dtype,
        shape: entry.shape.dims().iter().map(|&dim| dim as usize).collect(),
    };
    if actual != expected {
        return Err(PackageError::Shape {
            tensor: name.to_owned(),
            expected,
            actual,
        });
    }
    if !entry.offset.is_multiple_of(4) {
        let entry = shorten(name);
        return Err(PackageError::header(file, HeaderFault::Unaligned { entry }));
    }
    Ok(())
}
