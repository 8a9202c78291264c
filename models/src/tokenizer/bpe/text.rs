//! From a prompt to words, each with the place where the user typed it.
//!
//! 1. Only the first 4,096 characters are read.
//! 2. Normalization: NFKC; then each character is lowercased on its own; then invisible characters
//!    are removed, and typographic quotation marks, apostrophes and dashes become `"`, `'`, `-`.
//! 3. Lettering: between a `"` and the next one each character is a word, and white space is one
//!    `_`. A `"` without a partner changes nothing.
//! 4. Words: white space ends a word; each digit and each ASCII punctuation mark is a word; a run
//!    of Latin letters is a word, and so is a run of any other characters.
//!
//! Normalization joins, splits and reorders characters, but only within a segment: a character
//! that stands by itself, and those that follow up to the next such one. So every normalized
//! character takes its place in the prompt from its segment.

use std::iter::once;
use std::ops::Range;

use crate::tokenizer::unicode::{is_mark, nfkc};

const PROMPT_MAX: usize = 4096;

/// A word as the vocabulary spells it.
#[derive(Debug, PartialEq)]
pub(super) struct Word {
    pub text: String,
    /// The bytes of the prompt that it was typed as.
    pub typed: Range<usize>,
}

/// A normalized character.
#[derive(Clone, Copy, Debug)]
struct Glyph {
    character: char,
    /// Start and end in the prompt, in bytes.
    typed: [usize; 2],
}

/// The words of a prompt, and the end in bytes of the part that they cover: the prompt's length, or
/// less where it has too many characters.
pub(super) fn words(prompt: &str) -> (Vec<Word>, usize) {
    let end = prompt
        .char_indices()
        .nth(PROMPT_MAX)
        .map_or(prompt.len(), |(at, _)| at);
    let glyphs = spell(&normalize(&prompt[..end]));
    let words = glyphs
        .chunk_by(|a, b| {
            let class = Class::of(a.character);
            class == Class::of(b.character) && class != Class::Alone
        })
        .filter(|run| Class::of(run[0].character) != Class::White)
        .map(|run| Word {
            text: run.iter().map(|glyph| glyph.character).collect(),
            typed: run[0].typed[0]..run[run.len() - 1].typed[1],
        });
    let words: Vec<Word> = words.collect();
    let end = match words.last() {
        Some(last) if last.typed.end == end && continues(last, &prompt[end..]) => last.typed.start,
        _ => end,
    };
    (words, end)
}

/// Whether there are words in a text.
pub(super) fn has_words(text: &str) -> bool {
    text.chars()
        .any(|c| !c.is_whitespace() && fold(c).is_some())
}

/// Whether the text after a word belongs to that word.
fn continues(word: &Word, after: &str) -> bool {
    let first = segments(after).next().map(|typed| nfkc(&after[typed]));
    let classes = [
        word.text.chars().next_back(),
        first.and_then(|first| first.chars().flat_map(char::to_lowercase).next()),
    ];
    match classes.map(|c| c.map(Class::of)) {
        [Some(Class::Alone), _] => false,
        [last, next] => last == next,
    }
}

/// Step 2.
fn normalize(text: &str) -> Vec<Glyph> {
    let mut glyphs = Vec::with_capacity(text.len());
    for typed in segments(text) {
        let composed = nfkc(&text[typed.clone()]);
        let characters = composed
            .chars()
            .flat_map(char::to_lowercase)
            .filter_map(fold);
        glyphs.extend(characters.map(|character| Glyph {
            character,
            typed: [typed.start, typed.end],
        }));
    }
    glyphs
}

/// The parts of a text that normalize independently.
fn segments(text: &str) -> impl Iterator<Item = Range<usize>> {
    let mut starts = text
        .char_indices()
        .filter(|&(at, character)| at > 0 && starts_segment(character))
        .map(|(at, _)| at)
        .chain(once(text.len()));
    let mut start = 0;
    std::iter::from_fn(move || {
        let end = starts.next()?;
        Some(std::mem::replace(&mut start, end)..end)
    })
}

/// Whether a character stands by itself: it is neither reordered with one before it nor composed
/// with it. Only marks are, and some vowels and consonants of Hangul and Kirat Rai.
fn starts_segment(character: char) -> bool {
    if character.is_ascii() {
        return true;
    }
    let composed = nfkc(character.encode_utf8(&mut [0; 4]));
    composed.chars().next().is_some_and(|first| match first {
        '\u{1161}'..='\u{1175}'
        | '\u{11a8}'..='\u{11c2}'
        | '\u{16d63}'
        | '\u{16d67}'..='\u{16d6a}' => false,
        other => !is_mark(other),
    })
}

/// A character without typographic variants; `None` where it is invisible.
fn fold(character: char) -> Option<char> {
    match character {
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' => {
            None
        }
        '“' | '”' | '„' | '‟' | '«' | '»' => Some('"'),
        '‘' | '’' | '‚' | '‛' | 'ʼ' | '′' => Some('\''),
        '‐' | '‒' | '–' | '—' | '―' | '−' => Some('-'),
        other => Some(other),
    }
}

/// Step 3. A space ends each letter.
fn spell(text: &[Glyph]) -> Vec<Glyph> {
    let is_mark = |glyph: &&Glyph| glyph.character == '"';
    let marks = text.iter().filter(is_mark).count();
    let mut spelt = Vec::with_capacity(2 * text.len());
    let (mut seen, mut gap) = (0, false);
    for &glyph in text {
        let Glyph { character, typed } = glyph;
        let end = Glyph {
            character: ' ',
            typed: [typed[1]; 2],
        };
        if character == '"' {
            (seen, gap) = (seen + 1, false);
            spelt.push(glyph);
        } else if seen % 2 == 0 || seen == marks {
            spelt.push(glyph);
        } else if !character.is_whitespace() {
            gap = false;
            spelt.extend([glyph, end]);
        } else if !gap {
            gap = true;
            let character = '_';
            spelt.extend([Glyph { character, typed }, end]);
        }
    }
    spelt
}

/// How a character relates to those around it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    White,
    /// A word by itself.
    Alone,
    Latin,
    Other,
}

impl Class {
    fn of(character: char) -> Self {
        match character {
            'a'..='z' | 'ß'..='ö' | 'ø'..='ÿ' | '\u{100}'..='\u{17f}' => Self::Latin,
            '0'..='9' => Self::Alone,
            _ if character.is_ascii_punctuation() => Self::Alone,
            _ if character.is_whitespace() => Self::White,
            _ => Self::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use unicode_normalization::char::{canonical_combining_class, decompose_compatible};
    use unicode_normalization::{IsNormalized, is_nfc_quick};

    use super::*;

    /// Each word with the text that the user typed for it.
    fn split(prompt: &str) -> Vec<(String, &str)> {
        let (words, _) = words(prompt);
        let typed = |word: Word| (word.text, &prompt[word.typed]);
        words.into_iter().map(typed).collect()
    }

    #[test]
    fn words_know_how_they_were_typed() {
        let cases: [(&str, &[(&str, &str)]); 10] = [
            (
                "A Red, CAT",
                &[("a", "A"), ("red", "Red"), (",", ","), ("cat", "CAT")],
            ),
            // Composed from a letter and a mark; a mark before the dot below is reordered.
            ("Cafe\u{301}s", &[("cafés", "Cafe\u{301}s")]),
            ("a\u{301}\u{323}", &[("\u{1ea1}\u{301}", "a\u{301}\u{323}")]),
            // One typed character becomes several; several become one syllable.
            (
                "ﬁre ½",
                &[("fire", "ﬁre"), ("1", "½"), ("⁄", "½"), ("2", "½")],
            ),
            (
                "\u{1112}\u{1161}\u{11ab} 글",
                &[("한", "\u{1112}\u{1161}\u{11ab}"), ("글", "글")],
            ),
            ("ＲＥＤ　ｶﾞ", &[("red", "ＲＥＤ"), ("ガ", "ｶﾞ")]),
            ("قطة חתול", &[("قطة", "قطة"), ("חתול", "חתול")]),
            ("猫と🐈cat", &[("猫と🐈", "猫と🐈"), ("cat", "cat")]),
            (
                "co\u{ad}op\u{200b} don’t",
                &[
                    ("coop", "co\u{ad}op"),
                    ("don", "don"),
                    ("'", "’"),
                    ("t", "t"),
                ],
            ),
            (
                "“A  b”",
                &[("\"", "“"), ("a", "A"), ("_", " "), ("b", "b"), ("\"", "”")],
            ),
        ];
        for (prompt, expected) in cases {
            let expected: Vec<_> = expected
                .iter()
                .map(|&(word, typed)| (word.to_owned(), typed))
                .collect();
            assert_eq!(split(prompt), expected, "{prompt:?}");
        }
    }

    /// Otherwise a place in the prompt would be that of another character.
    #[test]
    fn segments_normalize_as_the_whole_text_does() {
        let marks = [
            '\u{301}', '\u{323}', '\u{327}', '\u{345}', '\u{3099}', '\u{11ab}', '\u{1161}',
            '\u{9be}',
        ];
        let bases = [
            'a', 'A', '½', 'ﬁ', '가', '\u{1100}', 'ｶ', 'か', 'ﾞ', '\u{9c7}', 'ǖ', '\u{fdfa}',
            '\u{344}', ' ', '猫', '🐈',
        ];
        let all: Vec<char> = marks.into_iter().chain(bases).collect();
        for &a in &all {
            for &b in &all {
                for &c in &all {
                    let text: String = [a, b, c, a].iter().collect();
                    let parts: String = segments(&text).map(|part| nfkc(&text[part])).collect();
                    assert_eq!(parts, nfkc(&text), "{text:?}");
                }
            }
        }
    }

    #[test]
    fn characters_that_normalize_with_those_before_them_start_no_segment() {
        for character in '\0'..=char::MAX {
            let mut first = None;
            decompose_compatible(character, |part| {
                first.get_or_insert(part);
            });
            let first = first.expect("one character or more");
            let alone = canonical_combining_class(first) == 0
                && is_nfc_quick(once(first)) == IsNormalized::Yes;
            assert!(alone || !starts_segment(character), "{character:?}");
        }
    }

    #[test]
    fn a_prompt_of_too_many_characters_ends_before_the_word_that_is_cut() {
        let spaces = " ".repeat(PROMPT_MAX - 3);
        for (tail, read) in [
            ("cat", "cat"),
            ("cats", ""),
            ("cat s", "cat"),
            ("cat, dog", "cat"),
            ("猫猫猫猫", ""),
            ("猫猫猫cat", "猫猫猫"),
            ("12345", "123"),
        ] {
            let prompt = format!("{spaces}{tail}");
            let (_, end) = words(&prompt);
            assert_eq!(&prompt[spaces.len()..end], read, "{tail}");
        }
    }
}
