//! Byte-pair encoding: words to pieces of the vocabulary.
//!
//! `text` turns a prompt into words (steps 1 to 4), `names` finds names of things (step 6), `file` reads
//! the rules and the vocabulary.
//! Step 5: a word begins as characters, all but the first with the prefix `##`; characters outside
//! the vocabulary become `[UNK]`, and adjacent ones become a single `[UNK]`; then the pair whose
//! merge ranks first, the leftmost of equals, is merged until none can be. A word of more than 64
//! characters is one `[UNK]`. With `ignore_merges`, a word that is itself a piece is that piece.
//! Step 6: read from the left, the longest phrase of words that is in the file's `names` becomes the
//! tokens that stand there, instead of its words' pieces.
//!
//! `models/training/text/tokenizer.py` states the same steps in Python.

mod file;
mod names;
mod text;

use std::collections::HashMap;

use super::{Reader, Tokens};
use names::Names;
use text::words;

const WORD_MAX: usize = 64;

/// Splits a prompt into pieces of words.
#[derive(Debug)]
pub(super) struct Bpe {
    unknown: u32,
    /// Pieces of one character, by the character and whether it is within a word.
    characters: HashMap<(char, bool), u32>,
    /// Of two adjacent pieces: the rank of their merge, and the piece they become.
    merges: HashMap<(u32, u32), (usize, u32)>,
    /// Words that are pieces themselves and so are not merged.
    whole: HashMap<String, u32>,
    names: Names,
}

impl Bpe {
    /// Splits `prompt` into at most `length` pieces; a word that does not fit is cut.
    pub(super) fn encode(&self, prompt: &str, length: usize) -> Tokens {
        let mut reader = Reader::new(prompt, length);
        let (words, end) = words(prompt);
        let mut rest = words.as_slice();
        while let Some(word) = rest.first() {
            let read = if let Some((count, typed, tokens)) = self.names.longest(rest) {
                rest = &rest[count..];
                reader.read(typed, tokens, true)
            } else {
                rest = &rest[1..];
                let pieces = self.pieces(&word.text);
                // A word beyond the end is unread, and so not unknown.
                let known = word.typed.start >= end || !pieces.contains(&self.unknown);
                reader.read(word.typed.clone(), &pieces, known)
            };
            if read.is_break() {
                return reader.tokens;
            }
        }
        if text::has_words(&prompt[end..]) {
            reader.stop_at(end);
        }
        reader.tokens
    }

    /// Step 5. Quadratic in the word's length, which is bounded.
    fn pieces(&self, word: &str) -> Vec<u32> {
        if word.chars().nth(WORD_MAX).is_some() {
            return vec![self.unknown];
        }
        if let Some(&whole) = self.whole.get(word) {
            return vec![whole];
        }
        let mut pieces = Vec::new();
        for (place, character) in word.chars().enumerate() {
            let piece = self.characters.get(&(character, place > 0));
            if piece.is_some() || pieces.last() != Some(&self.unknown) {
                pieces.push(piece.copied().unwrap_or(self.unknown));
            }
        }
        while let Some((_, place, whole)) = pieces
            .windows(2)
            .enumerate()
            .filter_map(|(place, pair)| {
                let &(rank, whole) = self.merges.get(&(pair[0], pair[1]))?;
                Some((rank, place, whole))
            })
            .min()
        {
            pieces.splice(place..place + 2, [whole]);
        }
        pieces
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::{Value, json};

    use super::*;

    const FILE: &[u8] = include_bytes!("../../../tests/fixtures/tokenizer/tokenizer.json");

    fn bpe() -> Bpe {
        Bpe::from_json(FILE).expect("a valid file").0
    }

    /// Compares with the ids of HF `tokenizers`, from a file of `tests/fixtures/tokenizer`.
    fn check(bpe: &Bpe, cases: &str) {
        #[derive(Deserialize)]
        struct Case {
            prompt: String,
            ids: Vec<u32>,
        }
        let cases: Vec<Case> = serde_json::from_str(cases).expect("JSON");
        assert!(cases.len() > 60);
        for Case { prompt, ids } in cases {
            let start: String = prompt.chars().take(60).collect();
            assert_eq!(bpe.encode(&prompt, usize::MAX).ids, ids, "{start:?}");
        }
    }

    #[test]
    fn prompts_become_the_ids_of_training() {
        check(
            &bpe(),
            include_str!("../../../tests/fixtures/tokenizer/cases.json"),
        );
    }

    #[test]
    fn words_that_are_pieces_are_not_merged_where_the_file_sets_ignore_merges() {
        let file = include_bytes!("../../../tests/fixtures/tokenizer/wide.json");
        let (wide, (_, last)) = Bpe::from_json(file).expect("a valid file");
        let cases = include_str!("../../../tests/fixtures/tokenizer/wide-cases.json");
        check(&wide, cases);
        assert_eq!(wide.encode("Catcatcat", 9).ids.len(), 1);
        assert!(bpe().encode("Catcatcat", 9).ids.len() > 1);
        assert!(wide.encode("catcatcat", 9).ids[0] < last);
    }

    const NAMED: &[u8] = include_bytes!("../../../tests/fixtures/tokenizer/named.json");

    #[test]
    fn the_longest_name_becomes_its_tokens() {
        let (named, (_, last)) = Bpe::from_json(NAMED).expect("a valid file");
        let cases = include_str!("../../../tests/fixtures/tokenizer/named-cases.json");
        check(&named, cases);
        assert_eq!(named.encode("a hot air balloon", 99).ids.len(), 6);
        assert_eq!(
            named.encode("café", 99).ids[0],
            last,
            "the table needs rows for names"
        );
    }

    #[test]
    fn a_name_that_is_not_wholly_read_is_unread_from_its_first_word() {
        let (named, _) = Bpe::from_json(NAMED).expect("a valid file");
        let prompt = "a Hot  AIR balloon, 犬";
        let whole = named.encode(prompt, 99);
        assert_eq!(
            (&*whole.unread, &*whole.unknown),
            ("", &["犬".to_owned()][..])
        );
        for length in 1..6 {
            let cut = named.encode(prompt, length);
            assert_eq!(cut.ids, whole.ids[..length]);
            assert_eq!(cut.unread, "Hot  AIR balloon, 犬", "{length}");
        }
        assert_eq!(named.encode(prompt, 6).unread, ", 犬");
    }

    #[test]
    fn unknown_words_are_named_once_as_they_were_typed() {
        let tokens = bpe().encode("A 猫, NAÏVŴ cat 猫 “猫”", 100);
        assert_eq!(tokens.unknown, ["猫", "NAÏVŴ"]);
        assert_eq!(tokens.unread, "");
        assert_eq!(bpe().encode(" \n ", 8), Tokens::default());
    }

    #[test]
    fn the_unread_end_begins_with_the_first_word_that_is_not_wholly_read() {
        let bpe = bpe();
        let prompt = " A Rocket,  two ROCKETS at ½ ﬁre ";
        let whole = bpe.encode(prompt, 100);
        assert_eq!(whole.unread, "");
        let mut ends = Vec::new();
        for length in 0..whole.ids.len() {
            let cut = bpe.encode(prompt, length);
            assert_eq!(cut.ids, whole.ids[..length]);
            ends.push(cut.unread);
        }
        ends.dedup();
        assert_eq!(
            ends,
            [
                "A Rocket,  two ROCKETS at ½ ﬁre",
                "Rocket,  two ROCKETS at ½ ﬁre",
                ",  two ROCKETS at ½ ﬁre",
                "two ROCKETS at ½ ﬁre",
                "ROCKETS at ½ ﬁre",
                "at ½ ﬁre",
                "½ ﬁre",
                "ﬁre",
            ]
        );
    }

    #[test]
    fn unread_words_of_any_script_are_given_back_as_typed() {
        let bpe = bpe();
        for rest in [
            "猫と犬",
            "قطة حمراء",
            "חתול אדום",
            "красный КОТ",
            "빨간 고양이",
            "\u{1112}\u{1161}\u{11ab}",
            "लाल बिल्ली",
            "แมวสีแดง",
            "Cafe\u{301}\u{323}s",
            "👩‍🚀 İSTANBUL",
            "“HELLO World”",
        ] {
            let tokens = bpe.encode(&format!("cat\t {rest}\u{3000}\n"), 2);
            assert_eq!(tokens.unread, rest);
            assert_eq!(tokens.unknown, [""; 0], "unread is not unknown");
        }
    }

    #[test]
    fn numbers_and_contractions_are_unread_as_a_whole() {
        let bpe = bpe();
        for (prompt, length, unread) in [
            ("in 2024 or", 3, "2024 or"),
            ("don’t “HELLO World”", 2, "don’t “HELLO World”"),
            ("“HELLO World”", 3, "HELLO World”"),
            ("a 3d cat", 2, "3d cat"),
            ("cats-dogs", 4, "dogs"),
        ] {
            let tokens = bpe.encode(prompt, length);
            assert_eq!((tokens.ids.len(), &*tokens.unread), (length, unread));
        }
    }

    #[test]
    fn text_beyond_the_longest_prompt_is_unread() {
        let bpe = bpe();
        let blank = " ".repeat(5000);
        assert_eq!(bpe.encode(&format!("cat{blank}DOG"), 99).unread, "DOG");
        assert_eq!(bpe.encode(&format!("cat{blank}\u{200b} "), 99).unread, "");
    }

    #[test]
    fn a_hostile_prompt_costs_little() {
        let (bpe, _) = Bpe::from_json(NAMED).expect("a valid file");
        for prompt in [
            "hot air ".repeat(1 << 18),
            "a".repeat(1 << 20),
            "\u{fdfa}".repeat(1 << 20),
            "\"a ".repeat(1 << 20),
            "e\u{301}".repeat(1 << 20),
            "\u{301}".repeat(1 << 20),
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa ".repeat(1 << 14),
        ] {
            let tokens = bpe.encode(&prompt, 32);
            assert!(tokens.ids.len() <= 32 && prompt.trim_end().ends_with(&tokens.unread));
            assert!(!tokens.unread.is_empty() && tokens.unknown.len() <= 2);
        }
    }

    #[test]
    fn files_with_other_rules_are_refused() {
        let valid: Value = serde_json::from_slice(FILE).expect("JSON");
        let refused = |change: &dyn Fn(&mut Value)| {
            let mut file = valid.clone();
            change(&mut file);
            let json = serde_json::to_vec(&file).expect("JSON");
            Bpe::from_json(&json).is_err()
        };
        let changes: [&dyn Fn(&mut Value); 18] = [
            &|file| file["model"]["type"] = "Unigram".into(),
            &|file| file["model"]["unk_token"] = Value::Null,
            &|file| file["model"]["continuing_subword_prefix"] = "@@".into(),
            &|file| file["model"]["fuse_unk"] = false.into(),
            &|file| file["model"]["dropout"] = 0.5.into(),
            &|file| file["model"]["vocab"]["[PAD]"] = 2.into(),
            &|file| file["model"]["vocab"]["a"] = 3.into(),
            &|file| file["model"]["vocab"]["a"] = (-1).into(),
            &|file| file["model"]["merges"][0] = json!(["a", "zzz"]),
            &|file| file["model"]["merges"][0] = json!(["a", "b"]),
            &|file| file["model"]["merges"][0] = json!("alone"),
            &|file| file["names"] = json!({"cat": []}),
            &|file| file["names"] = json!({"": [5]}),
            &|file| file["names"] = json!({"cat  dog": [5]}),
            &|file| file["names"] = json!({"cat": [-5]}),
            &|file| file["names"] = json!({"a a a a a a a a a a a a a a a a a": [5]}),
            &|file| file["pre_tokenizer"] = Value::Null,
            &|file| file["normalizer"]["normalizers"][0]["type"] = "NFC".into(),
        ];
        for (i, change) in changes.iter().enumerate() {
            assert!(refused(change), "change {i}");
        }
        assert!(Bpe::from_json(b"").is_err() && Bpe::from_json(b"{}").is_err());
    }

    #[test]
    fn merges_may_be_lines() {
        let mut file: Value = serde_json::from_slice(FILE).expect("JSON");
        for merge in file["model"]["merges"].as_array_mut().expect("a list") {
            let line = format!(
                "{} {}",
                merge[0].as_str().expect("a piece"),
                merge[1].as_str().expect("a piece")
            );
            *merge = line.into();
        }
        let json = serde_json::to_vec(&file).expect("JSON");
        let (lines, _) = Bpe::from_json(&json).expect("a valid file");
        assert_eq!(lines.encode("a rocket", 9), bpe().encode("a rocket", 9));
    }
}
