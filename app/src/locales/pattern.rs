//! The form of a language's file: the part of [Fluent](https://projectfluent.org) that our
//! sentences need, so that translators' tools read and write the files.
//!
//! ```text
//! # A comment.
//! key = Text with { $argument }.
//! pictures = { $count ->
//!     [one] { $count } picture
//!    *[other] { $count } pictures
//!     }
//! note =
//!     A line
//!     and another one.
//! ```
//!
//! A message is one line, or a block of lines, or one choice whose variants are whole sentences of
//! one line. The build
//! script includes this file, so it names nothing else of ours; the page reads with it, too.

use std::collections::BTreeMap;

/// All messages of a language, by key.
pub type Patterns = BTreeMap<String, Pattern>;

/// A message before its arguments are filled in.
#[derive(Clone, Debug, PartialEq)]
pub enum Pattern {
    /// One sentence.
    Plain(Sentence),
    /// One sentence of several, chosen by a number or a name.
    Choice {
        /// The argument that chooses.
        argument: String,
        /// In the file's order; one is the default.
        variants: Vec<Variant>,
    },
}

/// One sentence of a choice.
#[derive(Clone, Debug, PartialEq)]
pub struct Variant {
    /// A plural category (`one`, `few`, …), a number (`0`), or a name (`loading`).
    pub key: String,
    /// Whether it stands where no other one does.
    pub is_default: bool,
    /// The sentence.
    pub sentence: Sentence,
}

/// Text and arguments, in order.
pub type Sentence = Vec<Part>;

/// A piece of a sentence.
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    /// Literal text.
    Text(String),
    /// The value of the argument with this name.
    Argument(String),
}

/// Reads a language's file. An error names its line.
pub fn parse(file: &str) -> Result<Patterns, String> {
    let mut patterns = Patterns::new();
    let mut lines = file.lines().enumerate().peekable();
    while let Some((number, line)) = lines.next() {
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        let at = |fault: &str| format!("line {}: {fault}", number + 1);
        let (key, value) = line.split_once(" =").ok_or_else(|| at("no “key = text”"))?;
        if key.is_empty() || !key.bytes().all(|byte| is_word(byte) || byte == b'-') {
            return Err(at("a key has small letters, digits and “-” only"));
        }
        let value = value.trim();
        let pattern = match choice(value) {
            None if value.is_empty() => {
                let next = |(_, line): &(usize, &str)| line.starts_with(' ');
                let block = std::iter::from_fn(|| lines.next_if(next));
                let block: Vec<_> = block.map(|(_, line)| line.trim()).collect();
                Pattern::Plain(sentence(&block.join("\n")).map_err(|fault| at(&fault))?)
            }
            Some(argument) => Pattern::Choice {
                argument: argument.to_owned(),
                variants: variants(&mut lines).map_err(|fault| at(&fault))?,
            },
            None => Pattern::Plain(sentence(value).map_err(|fault| at(&fault))?),
        };
        if patterns.insert(key.to_owned(), pattern).is_some() {
            return Err(at("this key stands twice"));
        }
    }
    Ok(patterns)
}

/// The argument of `{ $argument ->`.
fn choice(value: &str) -> Option<&str> {
    value.strip_prefix("{ $")?.strip_suffix(" ->")
}

/// The lines of a choice, up to its closing brace.
fn variants<'a>(
    lines: &mut impl Iterator<Item = (usize, &'a str)>,
) -> Result<Vec<Variant>, String> {
    let mut variants: Vec<Variant> = vec![];
    for (_, line) in lines {
        let line = line.trim();
        if line == "}" {
            let defaults = variants.iter().filter(|variant| variant.is_default).count();
            return match defaults {
                1 => Ok(variants),
                _ => Err("a choice needs one variant with “*”".into()),
            };
        }
        let is_default = line.starts_with('*');
        let (key, text) = line
            .trim_start_matches('*')
            .strip_prefix('[')
            .and_then(|line| line.split_once("] "))
            .ok_or("a choice has lines like “[one] text”")?;
        variants.push(Variant {
            key: key.to_owned(),
            is_default,
            sentence: sentence(text)?,
        });
    }
    Err("the choice does not end".into())
}

fn sentence(text: &str) -> Result<Sentence, String> {
    let mut parts = vec![];
    let mut rest = text.trim_end();
    while let Some(start) = rest.find(['{', '}']) {
        let (before, after) = rest.split_at(start);
        let (name, behind) = after
            .strip_prefix("{ $")
            .and_then(|after| after.split_once(" }"))
            .filter(|(name, _)| !name.is_empty() && name.bytes().all(is_word))
            .ok_or("an argument is written “{ $name }”")?;
        if !before.is_empty() {
            parts.push(Part::Text(before.to_owned()));
        }
        parts.push(Part::Argument(name.to_owned()));
        rest = behind;
    }
    if !rest.is_empty() {
        parts.push(Part::Text(rest.to_owned()));
    }
    match parts.is_empty() {
        true => Err("the text is empty".into()),
        false => Ok(parts),
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_keeps_its_lines() {
        let patterns = parse("a =\n    One\n    { $x }\nb = c\n").expect("parses");
        let lines = vec![Part::Text("One\n".into()), Part::Argument("x".into())];
        assert_eq!(patterns["a"], Pattern::Plain(lines));
        assert_eq!(patterns.len(), 2);
    }

    #[test]
    fn text_arguments_and_choices_are_read() {
        let file = "# Comment\n\na-key = One { $x }, two.\nn = { $count ->\n    [0] none\n   *[other] { $count } things\n }\n";
        let patterns = parse(file).expect("parses");
        assert_eq!(
            patterns["a-key"],
            Pattern::Plain(vec![
                Part::Text("One ".into()),
                Part::Argument("x".into()),
                Part::Text(", two.".into()),
            ])
        );
        let Pattern::Choice { argument, variants } = &patterns["n"] else {
            panic!("{patterns:?}");
        };
        assert_eq!(argument, "count");
        let keys: Vec<_> = variants
            .iter()
            .map(|variant| (variant.key.as_str(), variant.is_default))
            .collect();
        assert_eq!(keys, [("0", false), ("other", true)]);
    }

    #[test]
    fn fluents_own_reader_finds_the_same_messages() {
        use fluent_syntax::ast::Entry;

        for file in [include_str!("en.ftl"), include_str!("de.ftl")] {
            let ours: Vec<String> = parse(file).expect("parses").into_keys().collect();
            let resource = fluent_syntax::parser::parse(file).expect("is Fluent");
            let mut theirs: Vec<&str> = resource
                .body
                .iter()
                .filter_map(|entry| match entry {
                    Entry::Message(message) => Some(message.id.name),
                    _ => None,
                })
                .collect();
            theirs.sort_unstable();
            assert_eq!(ours, theirs);
        }
    }

    #[test]
    fn faults_are_named_with_their_line() {
        for (file, fault) in [
            ("a = b\nprompt", "line 2: no “key"),
            ("A = b", "line 1: a key"),
            ("a = {x}", "line 1: an argument"),
            ("a = x }", "line 1: an argument"),
            ("a = { $x", "line 1: an argument"),
            ("a = b\na = c", "line 2: this key stands twice"),
            ("a = { $n ->\n [one] x\n }", "line 1: a choice needs"),
            (
                "a = { $n ->\n *[other] x\n",
                "line 1: the choice does not end",
            ),
            ("a = { $n ->\n other\n }", "line 1: a choice has lines"),
            ("a =  ", "line 1: the text is empty"),
        ] {
            let error = parse(file).expect_err(file);
            assert!(error.starts_with(fault), "{file:?}: {error}");
        }
    }
}
