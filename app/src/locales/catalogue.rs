//! A language's sentences with its rules: turns a [`Message`] into text.

use std::rc::Rc;

use super::languages::{Direction, Language};
use super::message::{Message, Value};
use super::pattern::{self, Part, Pattern, Patterns, Sentence, Variant};
use super::rules::Rules;

/// The sentences of one language.
pub struct Catalogue {
    language: &'static Language,
    patterns: Patterns,
    /// Stands in for a sentence that a file of another deployment lacks.
    english: Option<Rc<Self>>,
    rules: Box<dyn Rules>,
}

impl Catalogue {
    /// Reads a language's file.
    pub fn new(
        language: &'static Language,
        file: &str,
        english: Option<Rc<Self>>,
        rules: Box<dyn Rules>,
    ) -> Result<Self, String> {
        Ok(Self {
            language,
            patterns: pattern::parse(file)?,
            english,
            rules,
        })
    }

    /// Whose sentences these are.
    pub fn language(&self) -> &'static Language {
        self.language
    }

    /// The message in this language.
    pub fn text(&self, message: &Message) -> String {
        let mut text = String::new();
        self.write(message, &mut text);
        text
    }

    fn write(&self, message: &Message, out: &mut String) {
        let key = message.key.as_ref();
        match (self.patterns.get(key), &self.english) {
            (Some(Pattern::Plain(sentence)), _) => self.write_sentence(sentence, message, out),
            (Some(Pattern::Choice { argument, variants }), _) => {
                if let Some(variant) = self.choose(variants, value(message, argument)) {
                    self.write_sentence(&variant.sentence, message, out);
                }
            }
            (None, Some(english)) => english.write(message, out),
            // Only a key that the build did not check comes here: better a name than nothing.
            (None, None) => out.push_str(key),
        }
    }

    fn choose<'a>(&self, variants: &'a [Variant], value: Option<&Value>) -> Option<&'a Variant> {
        let find = |key: &str| variants.iter().find(|variant| variant.key == key);
        let chosen = match value {
            Some(Value::Number { value, .. }) => {
                find(&value.to_string()).or_else(|| find(&self.rules.category(*value)))
            }
            Some(Value::Text(text)) => find(text),
            _ => None,
        };
        chosen.or_else(|| variants.iter().find(|variant| variant.is_default))
    }

    fn write_sentence(&self, sentence: &Sentence, message: &Message, out: &mut String) {
        for part in sentence {
            match part {
                Part::Text(text) => out.push_str(text),
                Part::Argument(name) => match value(message, name) {
                    Some(Value::Text(text)) => self.write_foreign(text, out),
                    Some(Value::Number { value, digits }) => {
                        out.push_str(&self.rules.number(*value, *digits));
                    }
                    Some(Value::Message(inner)) => self.write(inner, out),
                    // Arguments of a code are not checked by the compiler.
                    None => out.push('…'),
                },
            }
        }
    }

    /// In text from right to left, a name or a prompt in Latin letters is isolated, so that it does
    /// not move the punctuation around it.
    fn write_foreign(&self, text: &str, out: &mut String) {
        const FIRST_STRONG_ISOLATE: char = '\u{2068}';
        const POP_ISOLATE: char = '\u{2069}';
        match self.language.direction {
            Direction::LeftToRight => out.push_str(text),
            Direction::RightToLeft => {
                out.push(FIRST_STRONG_ISOLATE);
                out.push_str(text);
                out.push(POP_ISOLATE);
            }
        }
    }
}

fn value<'a>(message: &'a Message, name: &str) -> Option<&'a Value> {
    let mut arguments = message.arguments.iter();
    arguments.find_map(|(known, value)| (known == name).then_some(value))
}

#[cfg(test)]
mod tests {
    use super::super::rules::TestRules;
    use super::*;

    const FILE: &str = "plain = Hello\nprompt = “{ $prompt }”.\nsize = { $n } MB\nouter = ({ $inner })\n\
                        things = { $count ->\n [0] nothing\n [one] { $count } thing\n *[other] { $count } things\n }\n";

    fn catalogue(tag: &str, file: &str, rules: TestRules) -> Catalogue {
        let language = Language::of_tag(tag).expect("known");
        Catalogue::new(language, file, None, Box::new(rules)).expect("parses")
    }

    fn things(count: u32) -> Message {
        Message::new("things", [("count", count.into())])
    }

    #[test]
    fn a_number_chooses_its_sentence() {
        let english = catalogue("en", FILE, TestRules::English);
        let texts = [0, 1, 2].map(|count| english.text(&things(count)));
        assert_eq!(texts, ["nothing", "1 thing", "2 things"]);
    }

    #[test]
    fn arabic_has_six_forms() {
        let forms = ["zero", "one", "two", "few", "many"];
        let lines: String = forms.map(|form| format!(" [{form}] {form}\n")).concat();
        let file = format!("things = {{ $count ->\n{lines} *[other] other\n }}\n");
        let arabic = catalogue("ar", &file, TestRules::Arabic);
        let texts = [0, 1, 2, 3, 11, 100].map(|count| arabic.text(&things(count)));
        assert_eq!(texts, ["zero", "one", "two", "few", "many", "other"]);
    }

    #[test]
    fn numbers_are_written_as_the_language_writes_them() {
        let size = Message::new("size", [("n", Value::decimal(1.5, 1))]);
        let [english, german] = [("en", TestRules::English), ("de", TestRules::German)]
            .map(|(tag, rules)| catalogue(tag, FILE, rules).text(&size));
        assert_eq!((english.as_str(), german.as_str()), ("1.5 MB", "1,5 MB"));
    }

    #[test]
    fn a_prompt_is_isolated_only_in_text_from_right_to_left() {
        let message = Message::new("prompt", [("prompt", "a cat".into())]);
        let english = catalogue("en", FILE, TestRules::English);
        assert_eq!(english.text(&message), "“a cat”.");
        let arabic = catalogue("ar", FILE, TestRules::Arabic);
        assert_eq!(arabic.text(&message), "“\u{2068}a cat\u{2069}”.");
    }

    #[test]
    fn a_message_can_be_an_argument() {
        let english = catalogue("en", FILE, TestRules::English);
        let message = Message::new("outer", [("inner", things(2).into())]);
        assert_eq!(english.text(&message), "(2 things)");
    }

    #[test]
    fn english_stands_in_for_a_missing_sentence() {
        let english = Rc::new(catalogue("en", FILE, TestRules::English));
        let language = Language::of_tag("de").expect("known");
        let rules = Box::new(TestRules::German);
        let german = Catalogue::new(language, "plain = Hallo\n", Some(english), rules);
        let german = german.expect("parses");
        let plain = Message::new("plain", []);
        assert_eq!(german.text(&plain), "Hallo");
        assert_eq!(german.text(&things(2)), "2 things");
    }
}
