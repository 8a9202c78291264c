//! A message as a value: what decides names a sentence and its arguments, and only the view turns
//! them into text, in the language of that moment.

use std::borrow::Cow;

use super::messages;

/// A key of the catalogue with its arguments. The build script writes a function for each key
/// ([`messages`]), so a key or an argument that English does not have does not compile.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    pub(super) key: Cow<'static, str>,
    pub(super) arguments: Vec<(Cow<'static, str>, Value)>,
}

/// The value of an argument.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// As it is: names, words of the user's own, seeds.
    Text(String),
    /// Written as the language writes numbers, with this many digits after the decimal mark.
    Number { value: f64, digits: u8 },
    /// A message within a message.
    Message(Box<Message>),
}

impl Message {
    /// For the functions of [`messages`].
    pub(super) fn new<const COUNT: usize>(
        key: &'static str,
        arguments: [(&'static str, Value); COUNT],
    ) -> Self {
        let arguments = arguments.map(|(name, value)| (name.into(), value));
        Self {
            key: key.into(),
            arguments: arguments.into(),
        }
    }

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
            .map(|(name, value)| (name.clone().into(), Value::of_json(value)))
            .collect();
        Some(Self {
            key: Cow::Borrowed(key),
            arguments,
        })
    }
}

impl Value {
    /// A number with a fixed count of digits after the decimal mark.
    pub fn decimal(value: f64, digits: u8) -> Self {
        Self::Number { value, digits }
    }

    fn of_json(value: &serde_json::Value) -> Self {
        use serde_json::Value as Json;
        match value {
            Json::Number(number) => Self::decimal(number.as_f64().unwrap_or(f64::NAN), 0),
            Json::String(text) => Self::Text(text.clone()),
            Json::Array(items) => {
                let quoted = items.iter().filter_map(Json::as_str).map(messages::quoted);
                let list = quoted.reduce(messages::list_pair);
                list.map_or_else(|| "".into(), Self::from)
            }
            other => Self::Text(other.to_string()),
        }
    }
}

impl From<u32> for Value {
    fn from(value: u32) -> Self {
        Self::decimal(value.into(), 0)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Message> for Value {
    fn from(message: Message) -> Self {
        Self::Message(Box::new(message))
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
        let json = json!({"count": 3, "name": "a", "words": ["one", "two"]});
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
                Value::from("a"),
                messages::list_pair(messages::quoted("one"), messages::quoted("two")).into(),
            ]
        );
    }
}
