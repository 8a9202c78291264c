//! Sources of tensors to be quantized: a safetensors file of any origin, or a package's component.
//!
//! A source presents one tensor at a time, as it is stored; its numbers are widened block by block
//! on their way into the quantizer. So a whole tensor is in memory once, and never in f32.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use half::{bf16, f16};

use crate::blocks::{self, BLOCK};
use crate::dtype::Dtype;
use crate::fault::HeaderFault;
use crate::header::{self, Entry, Header};
use crate::{Component, Layout, Package, PackageError, Shape, Source, TensorBytes};

/// Presents tensors one after another.
pub trait TensorSource {
    /// Calls `visit` with every tensor whose name and shape `wanted` accepts, in storage order.
    fn for_each(
        &mut self,
        wanted: &mut dyn FnMut(&str, Shape) -> bool,
        visit: &mut dyn FnMut(&str, Tensor<'_>) -> Result<(), PackageError>,
    ) -> Result<(), PackageError>;
}

/// A tensor of a source, as it is stored there.
#[derive(Clone, Copy, Debug)]
pub enum Tensor<'a> {
    /// Row-major numbers of a safetensors file.
    Dense(Dense<'a>),
    /// A tensor of a package.
    Stored(TensorBytes<'a>),
}

/// Row-major numbers.
#[derive(Clone, Copy, Debug)]
pub struct Dense<'a> {
    /// Their type.
    pub dtype: Dtype,
    /// Their shape.
    pub shape: Shape,
    /// Little-endian bytes, as many as type and shape demand.
    pub bytes: &'a [u8],
}

impl Tensor<'_> {
    /// The shape; a scalar is a vector of one.
    pub fn shape(&self) -> Shape {
        let shape = match self {
            Self::Dense(dense) => dense.shape,
            Self::Stored(stored) => stored.shape,
        };
        if shape.rank() == 0 {
            Shape::new(&[1]).unwrap_or_default()
        } else {
            shape
        }
    }

    /// Whether the numbers are weights: integers and flags are not.
    pub fn is_float(&self) -> bool {
        match self {
            Self::Dense(dense) => is_float(dense.dtype),
            Self::Stored(_) => true,
        }
    }

    /// The numbers of row `row` that the layout `layout` stores from place `32 * block` on, as many
    /// as `out` has, at most 32.
    pub(crate) fn read_block(&self, row: usize, block: usize, layout: Layout, out: &mut [f32]) {
        let own = match self {
            Self::Dense(_) => Layout::Plain,
            Self::Stored(stored) => stored.layout,
        };
        if own.same_order(layout) {
            return self.read_places(row, block * BLOCK, out);
        }
        let shape = self.shape();
        for (place, x) in (block * BLOCK..).zip(out) {
            let column = layout.column_at(&shape, place);
            self.read_places(row, own.place_of(&shape, column), std::slice::from_mut(x));
        }
    }

    /// The numbers of row `row` as they are stored from place `first` on, within one block.
    fn read_places(&self, row: usize, first: usize, out: &mut [f32]) {
        let (rows, cols) = self.shape().matrix();
        let stored = match self {
            Self::Dense(dense) => return dense.read(row * cols + first, out),
            Self::Stored(stored) => stored,
        };
        if stored.layout == Layout::Plain {
            let dtype = if stored.format == crate::Format::F16 {
                Dtype::F16
            } else {
                Dtype::F32
            };
            let dense = Dense {
                dtype,
                shape: stored.shape,
                bytes: stored.values,
            };
            return dense.read(row * cols + first, out);
        }
        let at = first / BLOCK * rows + row;
        let scales = stored.scales.unwrap_or_default().as_chunks().0;
        let scale = scales
            .get(at)
            .map_or(0.0, |bytes| f16::from_le_bytes(*bytes).to_f32());
        let size = stored.format.block_bytes();
        let mut numbers = [0.0; BLOCK];
        blocks::decode_block(
            stored.format,
            &stored.values[at * size..][..size],
            scale,
            &mut numbers,
        );
        out.copy_from_slice(&numbers[first % BLOCK..][..out.len()]);
    }
}

fn is_float(dtype: Dtype) -> bool {
    matches!(dtype, Dtype::F16 | Dtype::BF16 | Dtype::F32 | Dtype::F64)
}

impl Dense<'_> {
    /// Widens the numbers from the `first` on.
    fn read(&self, first: usize, out: &mut [f32]) {
        fn widen<const N: usize>(
            bytes: &[u8],
            first: usize,
            out: &mut [f32],
            f: fn([u8; N]) -> f32,
        ) {
            for (x, bytes) in out.iter_mut().zip(&bytes.as_chunks::<N>().0[first..]) {
                *x = f(*bytes);
            }
        }
        match self.dtype {
            Dtype::F16 => widen(self.bytes, first, out, |b| f16::from_le_bytes(b).to_f32()),
            Dtype::BF16 => widen(self.bytes, first, out, |b| bf16::from_le_bytes(b).to_f32()),
            Dtype::F32 => widen(self.bytes, first, out, f32::from_le_bytes),
            Dtype::F64 => widen(self.bytes, first, out, |b| f64::from_le_bytes(b) as f32),
            other => panic!("{other:?} holds no weights"),
        }
    }
}

/// A safetensors file, read tensor by tensor.
#[derive(Debug)]
pub struct SafetensorsFile {
    name: String,
    file: File,
    header: Header,
}

impl SafetensorsFile {
    /// Reads the header.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, PackageError> {
        let path = path.as_ref();
        let name = path.display().to_string();
        let io = |error| PackageError::io(name.clone(), error);
        let mut file = File::open(path).map_err(io)?;
        let file_bytes = file.metadata().map_err(io)?.len();
        let mut first = [0; header::LENGTH_BYTES];
        file.read_exact(&mut first)
            .map_err(|error| match error.kind() {
                io::ErrorKind::UnexpectedEof => PackageError::header(&name, HeaderFault::Short),
                _ => io(error),
            })?;
        let mut text = vec![0; header::header_bytes(&name, first, file_bytes)? as usize];
        file.read_exact(&mut text).map_err(io)?;
        let header = Header::parse(&name, &text, file_bytes)?;
        Ok(Self { name, file, header })
    }

    /// The header.
    pub fn header(&self) -> &Header {
        &self.header
    }

    fn read(&mut self, entry: &Entry) -> Result<Vec<u8>, PackageError> {
        let mut bytes = vec![0; entry.size_bytes as usize];
        self.file
            .seek(SeekFrom::Start(entry.offset))
            .and_then(|_| self.file.read_exact(&mut bytes))
            .map_err(|error| PackageError::io(self.name.clone(), error))?;
        Ok(bytes)
    }
}

impl TensorSource for SafetensorsFile {
    fn for_each(
        &mut self,
        wanted: &mut dyn FnMut(&str, Shape) -> bool,
        visit: &mut dyn FnMut(&str, Tensor<'_>) -> Result<(), PackageError>,
    ) -> Result<(), PackageError> {
        let mut entries: Vec<(String, Entry)> = (self.header.iter())
            .filter(|(name, _)| !name.starts_with(header::PAD))
            .map(|(name, entry)| (name.to_owned(), *entry))
            .collect();
        entries.sort_unstable_by_key(|(_, entry)| entry.offset);
        for (name, entry) in entries {
            if wanted(&name, entry.shape) {
                let Entry { dtype, shape, .. } = entry;
                // The bytes of integers are never used.
                let bytes = if is_float(dtype) {
                    self.read(&entry)?
                } else {
                    Vec::new()
                };
                visit(
                    &name,
                    Tensor::Dense(Dense {
                        dtype,
                        shape,
                        bytes: &bytes,
                    }),
                )?;
            }
        }
        Ok(())
    }
}

/// The tensors of one component of a package.
#[derive(Debug)]
pub struct ComponentOf<'a, S> {
    /// The package.
    pub package: &'a Package<S>,
    /// The component.
    pub component: Component,
}

impl<S: Source> TensorSource for ComponentOf<'_, S> {
    fn for_each(
        &mut self,
        wanted: &mut dyn FnMut(&str, Shape) -> bool,
        visit: &mut dyn FnMut(&str, Tensor<'_>) -> Result<(), PackageError>,
    ) -> Result<(), PackageError> {
        self.package
            .for_each_tensor(self.component, |name, tensor| {
                if wanted(name, tensor.shape) {
                    visit(name, Tensor::Stored(tensor))
                } else {
                    Ok(())
                }
            })
    }
}
