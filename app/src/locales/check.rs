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
        if let Some(fault) = wrong_variants(pattern, categories) {
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

fn wrong_variants(pattern: &Pattern, categories: &[&str]) -> Option<String> {
    let Pattern::Choice { variants, .. } = pattern else {
        return None;
    };
    let is_number = |key: &str| key.bytes().all(|byte| byte.is_ascii_digit());
    let mut keys: Vec<&str> = vec![];
    for variant in variants {
        let key = variant.key.as_str();
        if keys.contains(&key) {
            return Some(format!("has [{key}] twice"));
        }
        if !is_number(key) && !categories.contains(&key) {
            return Some(format!("has [{key}], which the language has not"));
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

    const ENGLISH: &str =
        "a = Hello\nb = { $n ->\n [one] { $n } of { $all }\n *[other] { $n } of { $all }\n }\n";

    fn faults_of(tag: &str, file: &str) -> Vec<String> {
        let [patterns, english] = [file, ENGLISH].map(|file| parse(file).expect("parses"));
        faults(tag, &patterns, &english)
    }

    #[test]
    fn a_whole_translation_has_no_faults() {
        assert_eq!(faults_of("en", ENGLISH), [""; 0]);
        assert_eq!(faults_of("de", &ENGLISH.replace("Hello", "Hallo")), [""; 0]);
        // One sentence serves where the language has one category.
        assert_eq!(faults_of("ja", "a = A\nb = { $all } no { $n }\n"), [""; 0]);
    }

    #[test]
    fn each_fault_is_named() {
        let choice = "b = { $n ->\n [one] { $n } / { $all }\n *[other] { $n } / { $all }\n }\n";
        for (tag, file, fault) in [
            ("de", choice.to_owned(), "de: “a” is missing"),
            (
                "de",
                format!("a = A\nc = C\n{choice}"),
                "de: “c” is not in English",
            ),
            (
                "de",
                format!("a = {{ $x }}\n{choice}"),
                "de: “a” mentions $x, which English does not",
            ),
            (
                "de",
                "a = A\nb = { $n }\n".into(),
                "de: “b” does not mention $all",
            ),
            (
                "de",
                format!("a = A\n{}", choice.replace("[one]", "[few]")),
                "de: “b” has [few], which the language has not",
            ),
            (
                "de",
                format!("a = A\n{}", choice.replace("[one]", "[1]")),
                "de: “b” has no [one]",
            ),
            ("ar", format!("a = A\n{choice}"), "ar: “b” has no [zero]"),
            (
                "tlh",
                format!("a = A\n{choice}"),
                "tlh: this language has no row in CATEGORIES",
            ),
        ] {
            assert_eq!(faults_of(tag, &file), [fault]);
        }
    }
}
