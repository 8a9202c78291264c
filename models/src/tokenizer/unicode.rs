//! Normalization of text, and the marks in it, as Unicode defines them.
//!
//! The tables for both are larger than all else that a tokenizer needs, and a browser has them
//! already. Versions of Unicode differ only in characters that the older one does not know.

pub(super) use platform::nfkc;

/// Whether it is a mark (general category M), which belongs to the character before it.
pub(super) fn is_mark(character: char) -> bool {
    !character.is_ascii() && platform::is_mark(character)
}

#[cfg(not(target_arch = "wasm32"))]
mod platform {
    pub(super) use unicode_normalization::char::is_combining_mark as is_mark;

    /// The compatibility composition of a text.
    pub(in super::super) fn nfkc(text: &str) -> String {
        unicode_normalization::UnicodeNormalization::nfkc(text).collect()
    }
}

#[cfg(target_arch = "wasm32")]
mod platform {
    use js_sys::{JsString, RegExp};

    thread_local! {
        static MARK: RegExp = RegExp::new(r"\p{M}", "u");
    }

    pub(super) fn is_mark(character: char) -> bool {
        MARK.with(|mark| mark.test(character.encode_utf8(&mut [0; 4])))
    }

    /// The compatibility composition of a text.
    pub(in super::super) fn nfkc(text: &str) -> String {
        JsString::from(text).normalize("NFKC").into()
    }
}
