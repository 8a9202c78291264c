//! All that is kept of a finished picture beside its pixels, as it will be stored: plain data with
//! an identity that outlives the page.

use image2_picture::Recipe;
use image2_protocol::{DeviceInfo, ModelInfo, Note};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// How a picture came about.
///
/// As JSON, the seed is a number of up to 64 bits: store the text, or a structured value from
/// which no JavaScript number was made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Random (version 4), assigned once, never reused.
    pub id: Uuid,
    /// Milliseconds since 1970, UTC.
    pub created_ms: u64,
    /// What makes the picture again, with the same model.
    pub recipe: Recipe,
    /// The model that drew it.
    pub model: Model,
    /// The device that computed it.
    pub device: DeviceInfo,
    /// Time from the job's start to the finished picture.
    pub elapsed_ms: f64,
    /// What the worker noted, such as words that the model did not read.
    #[serde(default)]
    pub notes: Vec<Note>,
}

/// A model as records name it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Model {
    /// Stable identifier.
    pub name: String,
    /// Name for people, written by the model's maker.
    pub title: String,
    /// SHA-256 of the manifest, hexadecimal: identifies the exact weights.
    pub digest: String,
}

impl From<&ModelInfo> for Model {
    fn from(model: &ModelInfo) -> Self {
        Self {
            name: model.name.clone(),
            title: model.title.clone(),
            digest: model.digest.clone(),
        }
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// A record with a value in every field.
    pub fn sample() -> Record {
        Record {
            id: uuid::Builder::from_random_bytes([7; 16]).into_uuid(),
            created_ms: 1_800_000_000_000,
            recipe: Recipe {
                prompt: "a secret".into(),
                seed: u64::MAX,
                guidance: 2.3,
                ..Recipe::default()
            },
            model: Model {
                name: "image2-mini".into(),
                title: "Image 2 mini".into(),
                digest: "ab".into(),
            },
            device: DeviceInfo::Gpu {
                adapter: "Imagined 9000".into(),
            },
            elapsed_ms: 1_234.5,
            notes: vec![Note::new("words.unread").with("text", "at the end")],
        }
    }

    #[test]
    fn a_record_comes_back_whole_from_its_stored_form() {
        let text = serde_json::to_string(&sample()).expect("serializes");
        let read: Record = serde_json::from_str(&text).expect("reads");
        assert_eq!(read, sample());
    }

    /// A difference here means that stored pictures can no longer be read.
    #[test]
    fn the_stored_form_is_this() {
        let stored = r#"{
            "id": "07070707-0707-4707-8707-070707070707",
            "created_ms": 1800000000000,
            "recipe": {"prompt": "a secret", "seed": 18446744073709551615, "width": 1, "height": 1,
                "steps": 1, "guidance": 2.3, "sampler": "euler", "shift": 1.0},
            "model": {"name": "image2-mini", "title": "Image 2 mini", "digest": "ab"},
            "device": {"kind": "gpu", "adapter": "Imagined 9000"},
            "elapsed_ms": 1234.5,
            "notes": [{"code": "words.unread", "arguments": {"text": "at the end"}}]
        }"#;
        let read: Record = serde_json::from_str(stored).expect("reads");
        assert_eq!(read, sample());
    }
}
