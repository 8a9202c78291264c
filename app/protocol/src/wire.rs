//! The form of a message on the wire, the same in both directions: `[text, [ArrayBuffer…]]`, the
//! JSON of a [`Request`](crate::Request) or an [`Event`](crate::Event) and the buffers that
//! belong to it.
//!
//! Bulk bytes travel in the buffers, which are transferred: the receiver gets the sender's memory,
//! and nothing is copied or serialized on the way. A message declares how many it carries, and
//! both sides refuse one with another number, so that no handler ever misses its bytes.

use js_sys::{Array, ArrayBuffer};
use serde::Serialize;
use serde::de::DeserializeOwned;
use wasm_bindgen::{JsCast, JsValue};

use crate::{Failure, Remedy};

/// A message that can cross between page and worker.
pub trait Message: Serialize + DeserializeOwned {
    /// Number of buffers that belong to this message.
    fn buffers(&self) -> usize;
}

/// A message as it arrived.
#[derive(Clone, Debug)]
pub struct Received<M> {
    /// The message.
    pub message: M,
    /// Its buffers, as many as it declares.
    pub buffers: Vec<ArrayBuffer>,
}

/// A message ready for `postMessage(message, transfer)`.
#[derive(Clone, Debug)]
pub struct Packed {
    /// The message.
    pub message: Array,
    /// The buffers to transfer with it.
    pub transfer: Array,
}

/// Why a message is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// The value is no `[text, [ArrayBuffer…]]`, or the text is not the JSON of a message.
    #[error("a message is unreadable")]
    Unreadable,
    /// The number of buffers is not the one that the message declares.
    #[error("a message came with {actual} buffers instead of {expected}")]
    Buffers {
        /// The number that the message declares.
        expected: usize,
        /// The number that came with it.
        actual: usize,
    },
}

impl WireError {
    /// The error for the other side. Page and worker of one deployment never produce it, hence
    /// the remedy.
    pub fn failure(self) -> Failure {
        match self {
            Self::Unreadable => Failure::new("protocol.message", Remedy::Reload),
            Self::Buffers { expected, actual } => Failure::new("protocol.buffers", Remedy::Reload)
                .with("expected", expected)
                .with("actual", actual),
        }
    }
}

/// Packs a message and its buffers for sending.
///
/// # Errors
/// [`WireError::Buffers`] where the message declares another number of buffers.
pub fn pack<M: Message>(message: &M, buffers: &[ArrayBuffer]) -> Result<Packed, WireError> {
    let text = to_text(message, buffers.len())?;
    let transfer: Array = buffers.iter().collect();
    Ok(Packed {
        message: Array::of2(&text.into(), &transfer),
        transfer,
    })
}

/// Unpacks the data of a `message` event.
///
/// # Errors
/// [`WireError`] where it is no message, or has another number of buffers than it declares.
pub fn unpack<M: Message>(data: &JsValue) -> Result<Received<M>, WireError> {
    let parts: &Array = data.dyn_ref().ok_or(WireError::Unreadable)?;
    let text = parts.get(0).as_string().ok_or(WireError::Unreadable)?;
    let list: Array = parts.get(1).dyn_into().map_err(|_| WireError::Unreadable)?;
    let buffers: Vec<ArrayBuffer> = list
        .iter()
        .map(|buffer| buffer.dyn_into().map_err(|_| WireError::Unreadable))
        .collect::<Result<_, _>>()?;
    let message = from_text(&text, buffers.len())?;
    Ok(Received { message, buffers })
}

/// The JSON of a message that leaves with this many buffers.
fn to_text<M: Message>(message: &M, buffers: usize) -> Result<String, WireError> {
    count(message, buffers)?;
    serde_json::to_string(message).map_err(|_| WireError::Unreadable)
}

/// The message whose JSON came with this many buffers.
fn from_text<M: Message>(text: &str, buffers: usize) -> Result<M, WireError> {
    let message = serde_json::from_str(text).map_err(|_| WireError::Unreadable)?;
    count(&message, buffers)?;
    Ok(message)
}

fn count<M: Message>(message: &M, actual: usize) -> Result<(), WireError> {
    let expected = message.buffers();
    if expected == actual {
        Ok(())
    } else {
        Err(WireError::Buffers { expected, actual })
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;
    use crate::{Event, Frame, Request};

    /// As an editor will send: a picture and a mask.
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Edit {
        picture: Frame,
        mask: Option<Frame>,
    }

    impl Message for Edit {
        fn buffers(&self) -> usize {
            1 + usize::from(self.mask.is_some())
        }
    }

    fn edit(has_mask: bool) -> Edit {
        let frame = Frame {
            width: 2,
            height: 2,
        };
        Edit {
            picture: frame,
            mask: has_mask.then_some(frame),
        }
    }

    #[test]
    fn a_message_crosses_with_the_buffers_that_it_declares() {
        for has_mask in [false, true] {
            let message = edit(has_mask);
            let text = to_text(&message, message.buffers()).expect("leaves");
            assert_eq!(from_text(&text, message.buffers()), Ok(message));
        }
    }

    #[test]
    fn another_number_of_buffers_is_refused_on_both_sides() {
        let text = to_text(&edit(true), 2).expect("leaves");
        for actual in [0, 1, 3] {
            let refused = WireError::Buffers {
                expected: 2,
                actual,
            };
            assert_eq!(to_text(&edit(true), actual), Err(refused));
            assert_eq!(from_text::<Edit>(&text, actual), Err(refused));
        }
        let surplus = from_text::<Request>(r#"{"type":"cancel","id":1}"#, 1).expect_err("refused");
        let failure = surplus.failure();
        assert_eq!(failure.code, "protocol.buffers");
        assert_eq!(failure.arguments["expected"], 0);
        assert_eq!(failure.arguments["actual"], 1);
    }

    #[test]
    fn files_that_are_missing_are_refused() {
        let done =
            r#"{"type":"done","id":1,"frame":{"width":1,"height":1},"elapsed_ms":1,"notes":[]}"#;
        assert!(from_text::<Event>(done, 2).is_ok());
        assert_eq!(
            from_text::<Event>(done, 1),
            Err(WireError::Buffers {
                expected: 2,
                actual: 1
            })
        );
    }

    #[test]
    fn an_unknown_message_is_refused() {
        let refused = from_text::<Request>(r#"{"type":"format_disk"}"#, 0).expect_err("refused");
        assert_eq!(refused.failure().code, "protocol.message");
    }
}
