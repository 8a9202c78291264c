//! The header of a safetensors file, read strictly.
//!
//! A file is 8 bytes of header length (little-endian), the header (a JSON object), then the data.
//! The crate `safetensors` is not used here: it lets a repeated name replace the first, allows
//! headers of 100 MB, does not bound dimensions, reports errors without values, and adds a second
//! hash map to the wasm.
//!
//! [`Header::parse`] guarantees that names are unique, that every entry's size follows from its
//! type and shape, and that the entries tile the data without gap or overlap. Padding entries named
//! `__pad.N` align the data, so that any other reader accepts the files too.

use std::fmt;

use serde::Deserialize;
use serde::de::{self, Deserializer, IgnoredAny, MapAccess, Visitor};

use crate::dtype::Dtype;
use crate::fault::{HeaderFault, Measured, shorten};
use crate::{PackageError, Shape, limits};

/// Bytes before the header: its length.
pub const LENGTH_BYTES: usize = 8;
/// The prefix of entries that only align the next one.
pub const PAD: &str = "__pad.";

/// One entry of a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The type of its numbers.
    pub dtype: Dtype,
    /// Its shape.
    pub shape: Shape,
    /// Where its bytes begin, counted from the file's first byte.
    pub offset: u64,
    /// How many bytes there are.
    pub size_bytes: u64,
}

/// A validated header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// Sorted by name.
    entries: Vec<(String, Entry)>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawEntry {
    dtype: Dtype,
    shape: Shape,
    data_offsets: [u64; 2],
}

/// The length of the header behind the first eight bytes, for a file of `file_bytes`.
pub fn header_bytes(
    file: &str,
    first: [u8; LENGTH_BYTES],
    file_bytes: u64,
) -> Result<u64, PackageError> {
    let stated_bytes = u64::from_le_bytes(first);
    let room_bytes = file_bytes.saturating_sub(LENGTH_BYTES as u64);
    if stated_bytes > limits::HEADER_BYTES {
        let file = file.to_owned();
        return Err(PackageError::TooLarge {
            what: Measured::Header { file },
            limit: limits::HEADER_BYTES,
            actual: stated_bytes,
        });
    }
    if stated_bytes > room_bytes {
        let fault = HeaderFault::Length {
            stated_bytes,
            room_bytes,
        };
        return Err(PackageError::header(file, fault));
    }
    Ok(stated_bytes)
}

impl Header {
    /// Parses the header's text, the first [`header_bytes`] after the length, of a file of
    /// `file_bytes`.
    pub fn parse(file: &str, text: &[u8], file_bytes: u64) -> Result<Self, PackageError> {
        let broken = |fault| PackageError::header(file, fault);
        let RawHeader(mut entries) = serde_json::from_slice(text).map_err(|error| {
            let reason = shorten(&error.to_string());
            broken(HeaderFault::Json { reason })
        })?;
        let data_start = (LENGTH_BYTES + text.len()) as u64;

        // In the order of the data, to check that the entries tile it. Empty entries come first.
        entries.sort_unstable_by_key(|(_, raw)| raw.data_offsets);
        let mut end = 0;
        for (name, raw) in &entries {
            let [from, to] = raw.data_offsets;
            let bytes = raw.shape.elements() as u64 * raw.dtype.size_bytes() as u64;
            if from != end || to.checked_sub(from) != Some(bytes) {
                return Err(broken(HeaderFault::Place {
                    entry: shorten(name),
                    size_bytes: bytes,
                    from,
                    to,
                    expected: end,
                }));
            }
            end = to;
        }
        if data_start.checked_add(end) != Some(file_bytes) {
            return Err(broken(HeaderFault::Size {
                header_bytes: data_start,
                data_bytes: end,
                file_bytes,
            }));
        }

        entries.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        if let Some(twice) = entries.windows(2).find(|pair| pair[0].0 == pair[1].0) {
            let entry = shorten(&twice[0].0);
            return Err(broken(HeaderFault::Repeated { entry }));
        }
        let entries = entries.into_iter().map(|(name, raw)| {
            let RawEntry {
                dtype,
                shape,
                data_offsets: [from, to],
            } = raw;
            (
                name,
                Entry {
                    dtype,
                    shape,
                    offset: data_start + from,
                    size_bytes: to - from,
                },
            )
        });
        Ok(Self {
            entries: entries.collect(),
        })
    }

    /// The entry `name`.
    pub fn get(&self, name: &str) -> Option<&Entry> {
        let at = self
            .entries
            .binary_search_by(|(entry, _)| entry.as_str().cmp(name))
            .ok()?;
        Some(&self.entries[at].1)
    }

    /// All entries in the order of their names.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Entry)> {
        self.entries
            .iter()
            .map(|(name, entry)| (name.as_str(), entry))
    }
}

/// The beginning of a file whose data holds `entries` in this order: length and header, padded
/// with spaces so that the data begins at a multiple of eight.
pub(crate) fn write(entries: &[(String, &'static str, Vec<usize>, usize)]) -> Vec<u8> {
    let mut text = String::from("{");
    let mut offset = 0;
    for (i, (name, dtype, shape, bytes)) in entries.iter().enumerate() {
        let (comma, end) = (if i == 0 { "" } else { "," }, offset + bytes);
        // Names are checked against quotes and escapes before they come here.
        text += &format!(
            "{comma}\"{name}\":{{\"dtype\":\"{dtype}\",\"shape\":{shape:?},\"data_offsets\":[{offset},{end}]}}"
        );
        offset = end;
    }
    text.push('}');
    while !text.len().is_multiple_of(8) {
        text.push(' ');
    }
    let mut bytes = (text.len() as u64).to_le_bytes().to_vec();
    bytes.extend(text.bytes());
    bytes
}

struct RawHeader(Vec<(String, RawEntry)>);

impl<'de> Deserialize<'de> for RawHeader {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = RawHeader;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "an object of at most {} entries", limits::HEADER_ENTRIES)
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<RawHeader, A::Error> {
                let mut entries = Vec::new();
                while let Some(name) = map.next_key::<String>()? {
                    if name == "__metadata__" {
                        map.next_value::<IgnoredAny>()?;
                        continue;
                    }
                    if entries.len() == limits::HEADER_ENTRIES {
                        return Err(de::Error::invalid_length(entries.len() + 1, &self));
                    }
                    entries.push((name, map.next_value()?));
                }
                Ok(RawHeader(entries))
            }
        }
        deserializer.deserialize_map(Object)
    }
}
