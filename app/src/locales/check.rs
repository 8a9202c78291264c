//! The checks of a language against English, which the build script runs: every sentence is
//! there, mentions the same arguments, and has a form for each plural category of the language.

use std::collections::BTreeSet;

use super::pattern::{Part, Pattern, Patterns};

/// Plural categories by language, after CLDR. Spanish, French, Italian and Portuguese also have
/// `many`, for millions, which no sentence of ours reaches.
const CATEGORIES: [(&str, &[&str]); 10] = [
    ("en", &["one", "other"]),
    ("de", &["one", "other"]),
    ("es", &["one", "other"]),
    ("fr", &["one", "other"]),
    ("it", &["one", "other"]),
    ("pt", &["one", "other"]),
    ("zh", &["other"]),
    ("ja", &["other"]),
    ("ko", &["other"]),
    ("ar", &["zero", "one", "two", "few", "many", "other"]),
];

/// Everything that is wrong with the file of the language `tag`; `english` is the reference.
pub fn faults(tag: &str, patterns: &Patterns, english: &Patterns) -> Vec<String> {
    let Some((_, categories)) = CATEGORIES.iter().find(|(known, _)| *known == tag) else {
        return vec![format!("{tag}: this language has no row in CATEGORIES")];
    };
    let mut faults = vec![];
    for (key, reference) in english {
        let Some(pattern) = patterns.get(key) else {
            faults.push(format!("{tag}: “{key}” is missing"));
            continue;
        };
        let (expected, found) = (arguments(reference), arguments(pattern));
        for name in found.difference(&expected) {
            faults.push(format!(
                "{tag}: “{key}” mentions ${name}, which English does not"
            ));
        }
        for name in expected.difference(&found) {
            faults.push(format!("{tag}: “{key}” does not mention ${name}"));
        }
    }
    for (key, pattern) in patterns {
        if !english.contains_key(key) {
            faults.push(format!("{tag}: “{key}” is not in English"));
        }
        let expected = english
            .get(key)
            .and_then(names)
            .unwrap_or(categories.to_vec());
        if let Some(fault) = wrong_variants(pattern, &expected) {
            faults.push(format!("{tag}: “{key}” {fault}"));
        }
    }
    faults
}

/// The arguments of a message, the one that chooses among them.
pub fn arguments(pattern: &Pattern) -> BTreeSet<&str> {
    let (chooser, sentences) = match pattern {
        Pattern::Plain(sentence) => (None, vec![sentence]),
        Pattern::Choice { argument, variants } => (
            Some(argument.as_str()),
            variants.iter().map(|variant| &variant.sentence).collect(),
        ),
    };
    let mentioned = sentences
        .into_iter()
        .flatten()
        .filter_map(|part| match part {
            Part::Argument(name) => Some(name.as_str()),
            Part::Text(_) => None,
        });
    chooser.into_iter().chain(mentioned).collect()
}

/// The variants of a choice by a name, such as the phase of a failure: the same in every language.
/// Nothing for a choice by a number, whose variants are the language's own.
fn names(pattern: &Pattern) -> Option<Vec<&str>> {
    let Pattern::Choice { variants, .. } = pattern else {
        return None;
    };
    let keys: Vec<_> = variants
        .iter()
        .map(|variant| variant.key.as_str())
        .collect();
    let is_number = |key: &&str| CATEGORIES[0].1.contains(key) || is_digits(key);
    (!keys.iter().all(is_number)).then_some(keys)
}

fn is_digits(key: &str) -> bool {
    key.bytes().all(|byte| byte.is_ascii_digit())
}

fn wrong_variants(pattern: &Pattern, categories: &[&str]) -> Option<String> {
    let Pattern::Choice { variants, .. } = pattern else {
        return None;
    };
    let mut keys: Vec<&str> = vec![];
    for variant in variants {
        let key = variant.key.as_str();
        if keys.contains(&key) {
            return Some(format!("has [{key}] twice"));
        }
        if !is_digits(key) && !categories.contains(&key) {
            return Some(format!("has [{key}], which does not belong there"));
        }
        if variant.is_default && key != "other" {
            return Some("has another default than [other]".into());
        }
        keys.push(key);
    }
    let missing = categories.iter().find(|category| !keys.contains(category));
    missing.map(|category| format!("has no [{category}]"))
}

#[cfg(test)]
mod tests {
    use super::super::pattern::parse;
    use super::*;

    const HELLO: &str = "a = Hello\n";
    const COUNT: &str =
        "b = { $n ->\n [one] { $n } of { $all }\n *[other] { $n } of { $all }\n }\n";
    const PHASE: &str = "c = { $phase ->\n [loading] Stuck\n *[other] Late\n }\n";

    fn faults_of(tag: &str, file: &[&str]) -> Vec<String> {
        let english = [HELLO, COUNT, PHASE].concat();
        let [patterns, english] =
            [file.concat(), english].map(|file| parse(&file).expect("parses"));
        faults(tag, &patterns, &english)
    }

    #[test]
    fn a_whole_translation_has_no_faults() {
        for (tag, file) in [
            ("en", [HELLO, COUNT, PHASE]),
            ("de", ["a = Hallo\n", COUNT, PHASE]),
            // One sentence serves where the language has one category.
            ("ja", [HELLO, "b = { $all } no { $n }\n", PHASE]),
        ] {
            assert_eq!(faults_of(tag, &file), [""; 0]);
        }
    }

    #[test]
    fn each_fault_is_named() {
        let few = COUNT.replace("one", "few");
        let exact = COUNT.replace("one", "1");
        let other_phase = PHASE.replace("loading", "starting");
        for (tag, file, fault) in [
            ("de", ["", COUNT, PHASE], "de: “a” is missing"),
            (
                "de",
                ["a = A\nd = D\n", COUNT, PHASE],
                "de: “d” is not in English",
            ),
            (
                "de",
                ["a = { $x }\n", COUNT, PHASE],
                "de: “a” mentions $x, which English does not",
            ),
            (
                "de",
                [HELLO, "b = { $n }\n", PHASE],
                "de: “b” does not mention $all",
            ),
            (
                "de",
                [HELLO, &few, PHASE],
                "de: “b” has [few], which does not belong there",
            ),
            ("de", [HELLO, &exact, PHASE], "de: “b” has no [one]"),
            ("ar", [HELLO, COUNT, PHASE], "ar: “b” has no [zero]"),
            (
                "de",
                [HELLO, COUNT, &other_phase],
                "de: “c” has [starting], which does not belong there",
            ),
            (
                "tlh",
                [HELLO, COUNT, PHASE],
                "tlh: this language has no row in CATEGORIES",
            ),
        ] {
            assert_eq!(faults_of(tag, &file), [fault]);
        }
    }
}
