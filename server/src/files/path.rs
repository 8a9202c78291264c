//! From the path of a request to a relative file path that cannot leave its folder.
//!
//! Contract: the path is percent-decoded once. Segments that are then empty, hidden (a leading dot,
//! which covers `.` and `..`) or not plain names are refused. [`Folder`](super::Folder) checks again
//! when it opens a file: this module limits which names may be requested, that one which files can
//! be reached.

use std::path::Path;

use percent_encoding::percent_decode_str;

/// Shorter digits are too few to be a hash rather than a number or a word.
const HASH_DIGITS_MIN: usize = 8;

/// A decoded, relative path of plain names; empty for the root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FilePath(String);

impl FilePath {
    /// Decodes the path of a request; `None` if it can name no file.
    pub(crate) fn parse(uri_path: &str) -> Option<Self> {
        let relative = uri_path.strip_prefix('/')?;
        if relative.is_empty() {
            return Some(Self(String::new()));
        }
        let segments = relative
            .split('/')
            .map(|segment| {
                let name = percent_decode_str(segment).decode_utf8().ok()?;
                is_plain_name(&name).then_some(name)
            })
            .collect::<Option<Vec<_>>>()?;
        Some(Self(segments.join("/")))
    }

    /// A path known to the program, such as `index.html`.
    pub(crate) fn known(name: &'static str) -> Self {
        Self(name.to_owned())
    }

    /// The path with a suffix after the file's whole name: `a.js` becomes `a.js.br`.
    pub(super) fn with_suffix(&self, suffix: &str) -> Self {
        Self(format!("{}{suffix}", self.0))
    }

    pub(crate) fn as_path(&self) -> &Path {
        Path::new(&self.0)
    }

    pub(crate) fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn file_name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or_default()
    }

    /// Whether the path looks like that of a file: routes of the app contain no dot.
    pub(crate) fn has_dot(&self) -> bool {
        self.0.contains('.')
    }

    /// Whether the file's name carries the hash of its content, so that other content has another
    /// name: a part between separators has at least eight digits and begins the content's SHA-256
    /// (64 lowercase hexadecimal digits), as in `app-0123abcd.js` or `app-0123abcd_bg.wasm`.
    pub(crate) fn carries_hash(&self, sha256: &str) -> bool {
        self.file_name()
            .split(|c: char| !c.is_ascii_alphanumeric())
            .any(|part| part.len() >= HASH_DIGITS_MIN && sha256.starts_with(part))
    }
}

fn is_plain_name(name: &str) -> bool {
    // `\` and `:` are separators on Windows. No served file has a control character in its name.
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
            assert_eq!(FilePath::parse(path), None, "{path}");
        }
    }

    #[test]
    fn a_hash_in_the_name_is_compared_with_the_content() {
        let sha256 = "0123abcd4567ef89".repeat(4);
        for (name, carries) in [
            ("/app-0123abcd.js", true),
            ("/app-0123abcd4567ef89.js", true),
            ("/dir/app-0123abcd4567ef89_bg.wasm", true),
            ("/gpu_bg-0123abcd4567ef89.wasm", true),
            ("/app-0123abcd.css.map", true),
            ("/app-0123abcd", true),
            ("/app-0123abc.js", false),
            ("/app-0123ABCD.js", false),
            ("/app-0123abce.js", false),
            ("/app-123abcd4.js", false),
            ("/app0123abcd.js", false),
            ("/app-0123abcdx.js", false),
            ("/0123abcd/x.js", false),
            ("/app-20261128.js", false),
            ("/app-deadbeef.js", false),
            ("/index.html", false),
        ] {
            let path = FilePath::parse(name).expect("plain names");
            assert_eq!(path.carries_hash(&sha256), carries, "{name}");
        }
    }
}
