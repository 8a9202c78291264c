//! From a request's path to a relative file path that cannot leave its folder.
//!
//! Contract: percent-decoding happens once; what is then empty, hidden (a leading dot, which
//! covers `.` and `..`) or not a plain name is refused. The folder checks again when it opens
//! ([`Folder`](super::Folder)): this module decides what may be named, that one what may be reached.

use std::path::Path;

use percent_encoding::percent_decode_str;

use crate::Error;

/// A decoded, relative path of plain names; empty for the root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FilePath(String);

impl FilePath {
    /// Decodes the path of a request. A refusal is a plain 404: it does not tell what exists.
    pub(crate) fn parse(uri_path: &str) -> Result<Self, Error> {
        let relative = uri_path.strip_prefix('/').ok_or(Error::NotFound)?;
        if relative.is_empty() {
            return Ok(Self(String::new()));
        }
        let segments = relative
            .split('/')
            .map(|segment| {
                let name = percent_decode_str(segment).decode_utf8().ok()?;
                is_plain_name(&name).then_some(name)
            })
            .collect::<Option<Vec<_>>>()
            .ok_or(Error::NotFound)?;
        Ok(Self(segments.join("/")))
    }

    /// A path known to the program, such as `index.html`.
    pub(crate) fn known(name: &'static str) -> Self {
        Self(name.to_owned())
    }

    /// The same file under another ending, such as the precompressed sibling `.br`.
    pub(crate) fn with_suffix(&self, suffix: &str) -> Self {
        Self(format!("{}{suffix}", self.0))
    }

    pub(crate) fn as_path(&self) -> &Path {
        Path::new(&self.0)
    }

    pub(crate) fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn segments(&self) -> impl Iterator<Item = &str> {
        self.0.split('/')
    }

    pub(crate) fn file_name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or_default()
    }

    /// Whether the path looks like a file's: routes of the app have no dot.
    pub(crate) fn has_dot(&self) -> bool {
        self.0.contains('.')
    }
}

impl FilePath {
    /// Whether the name carries a content hash, so that its bytes can never change: eight or more
    /// hexadecimal digits after a hyphen, before the extension (`app-0123abcd.js`) or before
    /// wasm-bindgen's own ending (`app-0123abcd_bg.wasm`).
    pub(crate) fn has_content_hash(&self) -> bool {
        let Some((stem, _extension)) = self.file_name().split_once('.') else {
            return false;
        };
        let stem = stem.strip_suffix("_bg").unwrap_or(stem);
        stem.rsplit_once('-').is_some_and(|(_, hash)| {
            hash.len() >= 8 && hash.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
        })
    }
}

fn is_plain_name(name: &str) -> bool {
    // `\` and `:` separate on Windows; control characters, NUL among them, name no file of ours.
    !name.is_empty()
        && !name.starts_with('.')
        && !name.contains(['/', '\\', ':'])
        && !name.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes_once() {
        let path = FilePath::parse("/a%20b/%C3%A9.png").expect("plain names");
        assert_eq!(path.as_path(), Path::new("a b/é.png"));
        let twice = FilePath::parse("/%252e%252e/x").expect("a literal percent sign");
        assert_eq!(twice.as_path(), Path::new("%2e%2e/x"));
    }

    #[test]
    fn refuses_what_could_leave_or_hide() {
        for path in [
            "/..",
            "/../x",
            "/a/../x",
            "/./x",
            "/%2e%2e/x",
            "/%2E./x",
            "/..%2fx",
            "/a%2Fb",
            "/a//b",
            "/a/",
            "//a",
            "/.env",
            "/a/.git/config",
            "/%2eenv",
            "/a%00.js",
            "/a%0a",
            "/..%5cx",
            "/c:/x",
            "/%ff",
            "x",
            "",
        ] {
            assert!(FilePath::parse(path).is_err(), "{path}");
        }
    }

    #[test]
    fn recognises_content_hashes() {
        for (name, hashed) in [
            ("/app-0123abcd.js", true),
            ("/dir/app-0123456789abcdef_bg.wasm", true),
            ("/app-0123abcd.css.map", true),
            ("/app-0123abc.js", false),
            ("/app-0123ABCD.js", false),
            ("/app-feedbeefs.js", false),
            ("/app-0123abcd/x.js", false),
            ("/app-0123abcd", false),
            ("/0123abcd.js", false),
            ("/index.html", false),
        ] {
            let path = FilePath::parse(name).expect("plain names");
            assert_eq!(path.has_content_hash(), hashed, "{name}");
        }
    }
}
