//! Seeds: 64 bits, kept as text or `u64` and never passed through a JavaScript number, which
//! would silently round one above 2^53 and so make another picture.

use crate::locales::{Message, messages};

/// Reads a seed as typed or pasted: decimal digits, with spaces around them forgiven.
pub fn parse(text: &str) -> Result<u64, Message> {
    let text = text.trim();
    if text.is_empty() {
        return Err(messages::seed_missing());
    }
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(messages::seed_not_digits());
    }
    text.parse()
        .map_err(|_| messages::seed_too_large(u64::MAX.to_string()))
}

/// A seed from random bytes. Only 32 bits, although a seed may have 64: every program reads such a
/// number exactly, also those that keep numbers as JavaScript does, and people can type it.
pub fn from_bytes(bytes: [u8; 4]) -> u64 {
    u32::from_le_bytes(bytes).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_seed_survives() {
        assert_eq!(parse(" 18446744073709551615 "), Ok(u64::MAX));
        assert_eq!(parse("9007199254740993"), Ok(9_007_199_254_740_993));
        assert_eq!(parse("007"), Ok(7));
    }

    #[test]
    fn a_rolled_seed_survives_a_javascript_number() {
        let largest = from_bytes([0xff; 4]);
        assert_eq!(largest, u64::from(u32::MAX));
        assert_eq!(from_bytes([1, 0, 0, 0]), 1);
    }

    #[test]
    fn what_is_no_seed_is_refused() {
        for text in [
            "",
            "  ",
            "-1",
            "1.5",
            "1e3",
            "+3",
            "0x1f",
            "18446744073709551616",
            "١٢",
        ] {
            assert!(parse(text).is_err(), "{text:?}");
        }
    }
}
