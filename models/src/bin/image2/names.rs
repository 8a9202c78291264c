//! Paths as text. Paths are bytes on Unix and may not be valid UTF-8.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::{Map, Value};

/// Formats a path for people. Bytes that are not UTF-8 become escapes such as `\xE9`.
pub fn shown(path: &Path) -> String {
    let mut text = String::new();
    for chunk in path.as_os_str().as_encoded_bytes().utf8_chunks() {
        text += chunk.valid();
        for byte in chunk.invalid() {
            let _ = write!(text, "\\x{byte:02X}");
        }
    }
    text
}

/// Inserts a path into a JSON object under `key`. In a path that is not UTF-8, invalid bytes become
/// U+FFFD, and the exact bytes follow in hexadecimal under `{key}_bytes`.
pub fn insert(object: &mut Map<String, Value>, key: &str, path: &Path) {
    let text = path.to_string_lossy().into_owned();
    object.insert(key.to_owned(), text.into());
    if path.to_str().is_none() {
        let mut digits = String::new();
        for byte in path.as_os_str().as_encoded_bytes() {
            let _ = write!(digits, "{byte:02x}");
        }
        object.insert(format!("{key}_bytes"), digits.into());
    }
}
