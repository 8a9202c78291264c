//! A message as a value: what decides names a sentence and its arguments, and only the view turns
//! them into text, in the language of that moment.

use std::borrow::Cow;

/// A key of the catalogue with its arguments. The build script writes a function for each key
/// ([`messages`](super::messages)), so a key or an argument that English does not have does not compile.
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
    /// For the functions of [`messages`](super::messages).
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
}

impl Value {
    /// A number with a fixed count of digits after the decimal mark.
    pub fn decimal(value: f64, digits: u8) -> Self {
        Self::Number { value, digits }
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
