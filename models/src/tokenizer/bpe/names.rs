//! Step 6: names of things, which are tokens of their own.

use std::collections::HashMap;
use std::ops::Range;

use super::text::Word;
use crate::fault::TokenizerFault;

/// The most words that a name may have. Each word of a prompt is compared with so many phrases.
const WORDS_MAX: usize = 16;

/// Names by their words joined by single spaces, each with the tokens that it becomes.
#[derive(Debug)]
pub(super) struct Names {
    tokens: HashMap<String, Vec<u32>>,
    /// The most words of any name.
    words_max: usize,
}

impl Names {
    /// Refuses a name that could not be typed or that becomes nothing.
    pub(super) fn new(tokens: HashMap<String, Vec<u32>>) -> Result<Self, TokenizerFault> {
        let words = |name: &String| name.split(' ').count();
        let wrong = tokens.iter().find(|&(name, tokens)| {
            name.split(' ').any(str::is_empty) || words(name) > WORDS_MAX || tokens.is_empty()
        });
        if let Some((name, _)) = wrong {
            return Err(TokenizerFault::Name { name: name.clone() });
        }
        let words_max = tokens.keys().map(words).max().unwrap_or(0);
        Ok(Self { tokens, words_max })
    }

    /// The longest name at the beginning of these words: its number of words, the bytes of the
    /// prompt that it was typed as, and its tokens.
    pub(super) fn longest(&self, words: &[Word]) -> Option<(usize, Range<usize>, &[u32])> {
        let mut phrase = String::new();
        let mut longest = None;
        for (place, word) in words.iter().take(self.words_max).enumerate() {
            if place > 0 {
                phrase.push(' ');
            }
            phrase.push_str(&word.text);
            if let Some(tokens) = self.tokens.get(&phrase) {
                let typed = words[0].typed.start..word.typed.end;
                longest = Some((place + 1, typed, tokens.as_slice()));
            }
        }
        longest
    }
}
