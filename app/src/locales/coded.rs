//! Codes that crossed a boundary, as messages of the catalogue.

use std::borrow::Cow;

use super::message::{Message, Value};
use super::messages;

impl Message {
    /// The message of a code that crossed a boundary: `failure-gpu-lost` for the code `gpu.lost` of
    /// the family `failure`, or else the more general `failure-gpu`, or else `failure`. Nothing
    /// where the family has no sentence for it.
    pub fn coded(
        family: &str,
        code: &str,
        arguments: &serde_json::Map<String, serde_json::Value>,
    ) -> Option<Self> {
        let whole = format!("{family}-{}", code.replace(['.', '_'], "-"));
        let general = whole.rmatch_indices('-').map(|(end, _)| &whole[..end]);
        let mut candidates = std::iter::once(whole.as_str()).chain(general);
        let key =
            candidates.find_map(|key| messages::CODED.into_iter().find(|known| *known == key))?;
        let arguments = arguments
            .iter()
            .map(|(name, value)| (name.clone().into(), of_json(value)))
            .collect();
        Some(Self {
            key: Cow::Borrowed(key),
            arguments,
        })
    }
}

fn of_json(value: &serde_json::Value) -> Value {
    use serde_json::Value as Json;
    match value {
        Json::Number(number) => {
            let number = number.as_f64().unwrap_or(f64::NAN);
            Value::decimal(number, if number.fract() == 0.0 { 0 } else { 2 })
        }
        Json::String(text) => Value::Text(text.clone()),
        Json::Array(items) => {
            let quoted = items.iter().filter_map(Json::as_str).map(messages::quoted);
            let list = quoted.reduce(messages::list_pair);
            list.map_or_else(|| "".into(), Value::from)
        }
        other => Value::Text(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, json};

    use super::*;

    #[test]
    fn a_code_finds_the_closest_sentence() {
        for (code, key) in [
            ("gpu.lost", "failure-gpu-lost"),
            ("worker.no_model", "failure-worker-no-model"),
            ("gpu.something_new", "failure-gpu"),
            ("unheard.of", "failure"),
        ] {
            let message = Message::coded("failure", code, &Map::new()).expect("a sentence");
            assert_eq!(message.key, key);
        }
        assert_eq!(Message::coded("no-family", "gpu.lost", &Map::new()), None);
    }

    #[test]
    fn arguments_of_a_code_become_values() {
        let json = json!({"count": 3, "low": 0.25, "name": "a", "words": ["one", "two"]});
        let arguments = json.as_object().expect("an object");
        let message = Message::coded("failure", "gpu.lost", arguments).expect("a sentence");
        let values: Vec<_> = message
            .arguments
            .into_iter()
            .map(|(_, value)| value)
            .collect();
        assert_eq!(
            values,
            [
                Value::from(3),
                Value::decimal(0.25, 2),
                Value::from("a"),
                messages::list_pair(messages::quoted("one"), messages::quoted("two")).into(),
            ]
        );
    }
}
