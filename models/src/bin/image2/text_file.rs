//! Text files from any editor and system: UTF-8 or UTF-16, with or without a byte order mark, with
//! any line ends. Other encodings are refused with an error that names the encoding and the line.

use std::io::Read;
use std::path::Path;

use crate::failure::InputError;
use crate::names::shown;

/// The text of a file. Its line ends are line feeds.
#[derive(Debug)]
pub struct Text {
    /// Name of the file for error messages.
    pub name: String,
    pub content: String,
}

/// Reads a file, or standard input if the path is `-`.
pub fn read(path: &Path) -> Result<Text, InputError> {
    let is_stdin = path.as_os_str() == "-";
    let name = if is_stdin {
        "standard input".to_owned()
    } else {
        shown(path)
    };
    let mut bytes = Vec::new();
    let read = if is_stdin {
        std::io::stdin().lock().read_to_end(&mut bytes)
    } else {
        std::fs::File::open(path).and_then(|mut file| file.read_to_end(&mut bytes))
    };
    match read {
        Ok(_) => decode(&name, &bytes),
        Err(source) => Err(InputError::Unreadable { name, source }),
    }
}

/// Decodes JSON text. Its first character is ASCII, so the position of zero bytes identifies
/// UTF-16 and UTF-32 without a byte order mark (RFC 4627, section 3).
fn decode(name: &str, bytes: &[u8]) -> Result<Text, InputError> {
    let decoded = match bytes {
        [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] | [_, 0, 0, 0, ..] | [0, 0, 0, _, ..] => {
            return Err(InputError::Encoding {
                place: name.to_owned(),
                encoding: "UTF-32",
            });
        }
        [0xff, 0xfe, text @ ..] | text @ [_, 0, ..] => utf_16(text, u16::from_le_bytes),
        [0xfe, 0xff, text @ ..] | text @ [0, _, ..] => utf_16(text, u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, text @ ..] | text => utf_8(text),
    };
    match decoded {
        Ok(text) => Ok(Text {
            name: name.to_owned(),
            content: with_line_feeds(&text),
        }),
        Err(Damaged { before, encoding }) => {
            let line = with_line_feeds(&before).matches('\n').count() + 1;
            Err(InputError::Encoding {
                place: format!("line {line} of {name}"),
                encoding,
            })
        }
    }
}

/// A text with invalid bytes.
struct Damaged {
    /// The valid text before them.
    before: String,
    encoding: &'static str,
}

fn utf_8(bytes: &[u8]) -> Result<String, Damaged> {
    let text = str::from_utf8(bytes).map_err(|error| Damaged {
        before: String::from_utf8_lossy(&bytes[..error.valid_up_to()]).into_owned(),
        encoding: "another encoding, such as Windows-1252",
    })?;
    Ok(text.to_owned())
}

fn utf_16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, Damaged> {
    let (pairs, rest) = bytes.as_chunks();
    let mut text = String::with_capacity(pairs.len());
    for decoded in char::decode_utf16(pairs.iter().map(|pair| unit(*pair))) {
        match decoded {
            Ok(c) => text.push(c),
            Err(_) => return Err(damaged_utf_16(text)),
        }
    }
    if rest.is_empty() {
        Ok(text)
    } else {
        Err(damaged_utf_16(text))
    }
}

fn damaged_utf_16(before: String) -> Damaged {
    Damaged {
        before,
        encoding: "damaged UTF-16",
    }
}

fn with_line_feeds(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Result<String, String> {
        match decode("list", bytes) {
            Ok(text) => Ok(text.content),
            Err(error) => Err(error.to_string()),
        }
    }

    #[test]
    fn encodings_marks_and_line_ends_are_normalized() {
        assert_eq!(read(b"").as_deref(), Ok(""));
        assert_eq!(read(b"{").as_deref(), Ok("{"));
        assert_eq!(read(b"\xef\xbb\xbf").as_deref(), Ok(""));
        assert_eq!(read(b"\xef\xbb\xbf{\r\n\r}\n").as_deref(), Ok("{\n\n}\n"));
        assert_eq!(read(b"\xff\xfe").as_deref(), Ok(""));
        assert_eq!(read(b"\xff\xfe{\0\r\0\n\0").as_deref(), Ok("{\n"));
        assert_eq!(read(b"\xfe\xff\0{").as_deref(), Ok("{"));
        assert_eq!(read(b"{\0\xe9\0").as_deref(), Ok("{é"));
        assert_eq!(read(b"\0{\0\xe9").as_deref(), Ok("{é"));
    }

    #[test]
    fn invalid_text_is_refused_with_its_line() {
        let refusal = |bytes: &[u8]| read(bytes).expect_err("damaged");
        assert!(refusal(b"{}\r\n\r\n{\xe9}").starts_with("line 3 of list is not UTF-8"));
        assert!(refusal(b"{}\r{\xe9}").starts_with("line 2 of list"));
        assert!(refusal(b"\xff\xfe\n\0\0\xd8a\0").starts_with("line 2 of list"));
        assert!(refusal(b"\xff\xfe\n\0{").contains("UTF-16"));
        assert!(refusal(b"{\0\0\0").starts_with("list is not UTF-8 but UTF-32"));
    }
}
