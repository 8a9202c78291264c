//! The formats of the files that the command writes.

use std::path::Path;

/// The format of a file, by its ending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileFormat {
    /// Also without an ending, and for pipes.
    Png,
    Svg,
}

impl FileFormat {
    /// By the ending of a name; `None` for an unknown one.
    pub fn of(name: &Path) -> Option<Self> {
        let Some(ending) = name.extension() else {
            return Some(Self::Png);
        };
        let formats = [("png", Self::Png), ("svg", Self::Svg)];
        let known = formats
            .into_iter()
            .find(|(known, _)| ending.eq_ignore_ascii_case(known));
        known.map(|(_, format)| format)
    }
}
