//! The person's input on the Create screen, and its stored form.
//!
//! The stored form is one JSON object with a version: the prompt, the seed as typed, its lock, and
//! the chosen settings by name. It is read field by field: a damaged field falls back alone, never
//! the prompt beside it.

use serde_json::{Map, Value};

use crate::create::seed;
use crate::recipe::choices::Choices;

/// Version of the stored form. It stays when a setting is added: a name that is absent, or not
/// known any more, is left to the model.
const VERSION: u64 = 1;

/// Everything in the panel.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Settings {
    pub prompt: String,
    /// As typed; text, because a JavaScript number would round it.
    pub seed: String,
    pub seed_locked: bool,
    pub choices: Choices,
}

impl Settings {
    /// The stored form.
    pub fn to_text(&self) -> String {
        let mut fields = self.choices.fields().clone();
        for (name, value) in [
            ("version", VERSION.into()),
            ("prompt", self.prompt.as_str().into()),
            ("seed", self.seed.as_str().into()),
            ("seed_locked", self.seed_locked.into()),
        ] {
            fields.insert(name.to_owned(), value);
        }
        Value::Object(fields).to_string()
    }

    /// Reads the stored form, however damaged.
    pub fn from_text(text: &str) -> Self {
        let fields: Map<String, Value> = serde_json::from_str(text).unwrap_or_default();
        let string = |name: &str| fields.get(name).and_then(Value::as_str).map(str::to_owned);
        let prompt = string("prompt").unwrap_or_default();
        if fields.get("version").and_then(Value::as_u64) != Some(VERSION) {
            // Another version's numbers may mean something else; a prompt is a prompt.
            return Self {
                prompt,
                ..Self::default()
            };
        }
        let seed = string("seed").filter(|text| seed::parse(text).is_ok());
        let is_locked = fields.get("seed_locked").and_then(Value::as_bool);
        Self {
            prompt,
            // A lock on no seed would only refuse the next picture.
            seed_locked: is_locked.unwrap_or_default() && seed.is_some(),
            seed: seed.unwrap_or_default(),
            choices: Choices::from_fields(&fields),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// As version 1 of the program stored it; `null` was a setting left alone.
    const STORED: &str = r#"{"guidance":3.5,"height":null,"prompt":"a \"red\" apple\n🍎","seed":"18446744073709551615","seed_locked":true,"steps":12,"version":1,"width":192}"#;

    fn sample() -> Settings {
        Settings {
            prompt: "a \"red\" apple\n🍎".into(),
            seed: u64::MAX.to_string(),
            seed_locked: true,
            choices: choices(json!({"width": 192, "steps": 12, "guidance": 3.5})),
        }
    }

    fn choices(value: Value) -> Choices {
        Choices::from_fields(value.as_object().expect("an object"))
    }

    #[test]
    fn the_stored_form_of_version_1_is_read() {
        assert_eq!(Settings::from_text(STORED), sample());
    }

    #[test]
    fn the_stored_form_comes_back_whole() {
        assert_eq!(Settings::from_text(&sample().to_text()), sample());
    }

    #[test]
    fn damage_costs_the_damaged_field_only() {
        let damaged = STORED
            .replace("192", "-4")
            .replace("3.5", "\"x\"")
            .replace("18446744073709551615", "seven");
        let expected = Settings {
            seed: String::new(),
            seed_locked: false,
            choices: choices(json!({"steps": 12})),
            ..sample()
        };
        assert_eq!(Settings::from_text(&damaged), expected);
        for text in ["", "null", "[]", "{", "7", "\"x\"", "{\"version\":1}"] {
            assert_eq!(Settings::from_text(text), Settings::default(), "{text}");
        }
    }

    #[test]
    fn another_version_keeps_the_prompt() {
        let read = Settings::from_text(&STORED.replace("\"version\":1", "\"version\":9"));
        let expected = Settings {
            prompt: sample().prompt,
            ..Settings::default()
        };
        assert_eq!(read, expected);
    }
}
