//! How tensors are stored: a default by shape, and exceptions by name.

use crate::{Format, Layout, Shape};

/// The storage of a model's tensors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The format of weight matrices: tensors named `….weight` with at least two dimensions.
    pub matrices: Format,
    /// Matrices with fewer elements are stored plain: blocks would save nothing.
    pub matrix_elements_min: usize,
    /// The format of everything else, f16 or f32.
    pub others: Format,
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
    /// Plain f16 or f32.
    Plain(Format),
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
            rules: Vec::new(),
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
        match rule.map(|rule| rule.choice) {
            Some(Choice::Skip) => None,
            Some(Choice::Plain(format)) => Some((format, Layout::Plain)),
            Some(Choice::Blocks(format)) if is_matrix => Some((format, Layout::Blocks)),
            None if is_matrix
                && name.ends_with(".weight")
                && shape.elements() >= self.matrix_elements_min =>
            {
                Some((self.matrices, Layout::Blocks))
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
