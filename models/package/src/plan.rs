//! How tensors are stored: a default by shape, and exceptions by name.

use std::collections::BTreeMap;

use crate::{Format, Layout, Shape, TensorEntry};

/// The storage of a component's tensors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The format of weight matrices: tensors named `….weight` with at least two dimensions.
    pub matrices: Format,
    /// Matrices with fewer elements are stored plain: blocks would save nothing.
    pub matrix_elements_min: usize,
    /// The format of everything else, f16 or f32.
    pub others: Format,
    /// The layout of matrices with four dimensions: [`Layout::Ohwi`] for a network that slides its
    /// kernels, [`Layout::Blocks`] for one that multiplies whole patches.
    pub kernels: Layout,
    /// The exceptions. The longest prefix that fits decides; among equals the last.
    pub rules: Vec<Rule>,
}

/// An exception for all tensors with one prefix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The prefix of the names.
    pub prefix: String,
    /// The storage of these tensors.
    pub choice: Choice,
}

/// The storage of a tensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// Blocks of any format. Tensors of one dimension, such as the same layer's bias, stay as
    /// [`Plan::others`].
    Blocks(Format),
    /// A layout that fits the tensors' shapes.
    Exactly(Format, Layout),
    /// Left out.
    Skip,
}

impl Default for Plan {
    /// q4, but q8 for the first and last layers, whose errors reach the picture directly, and for
    /// the table of token embeddings, whose errors affect every patch.
    fn default() -> Self {
        Self {
            matrices: Format::Q4,
            matrix_elements_min: 4096,
            others: Format::F16,
            kernels: Layout::Blocks,
            rules: Vec::new(),
        }
        .with("img_embedder.", Choice::Blocks(Format::Q8))
        .with("final_layer.", Choice::Blocks(Format::Q8))
        .with("txt_embedder.", Choice::Blocks(Format::Q8))
    }
}

impl Plan {
    /// Every matrix in blocks of one format, whatever its name and size.
    pub fn uniform(format: Format) -> Self {
        let others = if format == Format::F32 {
            Format::F32
        } else {
            Format::F16
        };
        Self {
            matrices: format,
            matrix_elements_min: 0,
            others,
            kernels: Layout::Blocks,
            rules: Vec::new(),
        }
    }

    /// Every tensor as it is stored already.
    pub fn as_stored(tensors: &BTreeMap<String, TensorEntry>) -> Self {
        let rules = tensors.iter().map(|(name, tensor)| Rule {
            prefix: name.clone(),
            choice: Choice::Exactly(tensor.format, tensor.layout),
        });
        Self {
            rules: rules.collect(),
            ..Self::uniform(Format::F16)
        }
    }

    /// Adds an exception.
    #[must_use]
    pub fn with(mut self, prefix: impl Into<String>, choice: Choice) -> Self {
        self.rules.push(Rule {
            prefix: prefix.into(),
            choice,
        });
        self
    }

    /// The storage of the tensor `name`; `None` where it is left out.
    pub fn choose(&self, name: &str, shape: &Shape) -> Option<(Format, Layout)> {
        let fitting = self
            .rules
            .iter()
            .filter(|rule| name.starts_with(&rule.prefix));
        let rule = fitting.max_by_key(|rule| rule.prefix.len());
        let is_matrix = shape.rank() >= 2;
        let blocks = match shape.rank() {
            4 => self.kernels,
            _ => Layout::Blocks,
        };
        match rule.map(|rule| rule.choice) {
            Some(Choice::Skip) => None,
            Some(Choice::Exactly(format, layout)) => Some((format, layout)),
            Some(Choice::Blocks(format)) if is_matrix => Some((format, blocks)),
            None if is_matrix
                && name.ends_with(".weight")
                && shape.elements() >= self.matrix_elements_min =>
            {
                Some((self.matrices, blocks))
            }
            _ => Some((self.others, Layout::Plain)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_prefix_decides() {
        let shape = |dims: &[usize]| Shape::new(dims).expect("small");
        let plan = Plan::default()
            .with("final_layer.norm", Choice::Skip)
            .with("img_embedder.", Choice::Blocks(Format::F16));
        let choose = |name, dims| plan.choose(name, &shape(dims));
        assert_eq!(
            choose("double_blocks.0.img_qkv.weight", &[768, 256]),
            Some((Format::Q4, Layout::Blocks))
        );
        assert_eq!(
            choose("double_blocks.0.img_qkv.bias", &[768]),
            Some((Format::F16, Layout::Plain))
        );
        assert_eq!(
            choose("small.weight", &[8, 8]),
            Some((Format::F16, Layout::Plain))
        );
        assert_eq!(
            choose("mask_token", &[64, 64]),
            Some((Format::F16, Layout::Plain))
        );
        assert_eq!(
            choose("final_layer.linear.weight", &[8, 8]),
            Some((Format::Q8, Layout::Blocks))
        );
        assert_eq!(
            choose("final_layer.linear.bias", &[8]),
            Some((Format::F16, Layout::Plain))
        );
        assert_eq!(choose("final_layer.norm.weight", &[8]), None);
        assert_eq!(
            choose("img_embedder.weight", &[8, 8]),
            Some((Format::F16, Layout::Blocks))
        );
        assert_eq!(
            choose("txt_embedder.weight", &[8192, 256]),
            Some((Format::Q8, Layout::Blocks))
        );
    }
}
