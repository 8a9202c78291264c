//! The places of tensors: a table for each component.

use std::collections::BTreeMap;
use std::ops::{Index, IndexMut};

use serde::{Deserialize, Serialize};

use crate::{Component, Format, Layout, Shape, blocks};

/// The place and the storage of a tensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TensorEntry {
    /// The logical shape.
    pub shape: Shape,
    /// How its numbers are stored.
    pub format: Format,
    /// How they are arranged.
    pub layout: Layout,
    /// Index of its shard in `Manifest::files`.
    pub file: u32,
}

impl TensorEntry {
    /// Bytes of the values. In `u64`, because before validation they may exceed 32 bits.
    pub fn value_bytes(&self) -> u64 {
        let block_bytes = self.format.block_bytes() as u64;
        match self.layout {
            Layout::Plain => self.shape.elements() as u64 * block_bytes / blocks::BLOCK as u64,
            Layout::Blocks | Layout::Ohwi => self.block_count() * block_bytes,
        }
    }

    /// Bytes of the f16 scales; 0 where the format has none.
    pub fn scale_bytes(&self) -> u64 {
        if self.format.has_scales() {
            self.block_count() * 2
        } else {
            0
        }
    }

    /// Bytes of values and scales together.
    pub fn stored_bytes(&self) -> u64 {
        self.value_bytes() + self.scale_bytes()
    }

    fn block_count(&self) -> u64 {
        let (rows, cols) = self.shape.matrix();
        rows as u64 * blocks::blocks_per_row(cols) as u64
    }
}

/// The tensors of each component by name, as `tensors[component]`; a component without tensors has
/// an empty table. The names are the checkpoint's, so two components may use the same ones.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tensors([BTreeMap<String, TensorEntry>; Component::ALL.len()]);

impl Tensors {
    /// Every tensor: component, name, entry.
    pub fn iter(&self) -> impl Iterator<Item = (Component, &str, &TensorEntry)> {
        Component::ALL.into_iter().flat_map(|component| {
            let named = self[component].iter();
            named.map(move |(name, tensor)| (component, name.as_str(), tensor))
        })
    }
}

impl Index<Component> for Tensors {
    type Output = BTreeMap<String, TensorEntry>;

    fn index(&self, component: Component) -> &Self::Output {
        &self.0[component as usize]
    }
}

impl IndexMut<Component> for Tensors {
    fn index_mut(&mut self, component: Component) -> &mut Self::Output {
        &mut self.0[component as usize]
    }
}
