//! What the page asks of the worker.

use image2_picture::Recipe;
use serde::{Deserialize, Serialize};

use crate::{JobId, Message};

/// A message from the page to the worker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Request {
    /// Fetch and verify the package in the folder `url` (same origin) and put it on the device.
    Load {
        /// Address of the package's folder, ending in a slash.
        url: String,
        /// Whether to bypass the browser's cache, as after a damaged answer.
        fresh: bool,
    },
    /// Say what a picture would take, without making it.
    Estimate {
        /// Identifies the answer; no job has this id.
        id: JobId,
        /// The prompt does not matter.
        recipe: Recipe,
    },
    /// Make one picture with the loaded model.
    Generate {
        /// The new job's id.
        id: JobId,
        /// Everything that decides the picture.
        recipe: Recipe,
    },
    /// Stop a job. Checked between two steps, when a GPU has already begun the next one, and between
    /// two tiles. Unknown ids are ignored: the job may have ended while this message was under way.
    Cancel {
        /// The job to stop.
        id: JobId,
    },
}

impl Message for Request {
    fn buffers(&self) -> usize {
        match self {
            Self::Load { .. }
            | Self::Estimate { .. }
            | Self::Generate { .. }
            | Self::Cancel { .. } => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recipe() -> Recipe {
        Recipe {
            prompt: "a \"quoted\" cat\n🐈".into(),
            seed: u64::MAX,
            guidance: 3.3,
            ..Recipe::default()
        }
    }

    fn generate() -> Request {
        Request::Generate {
            id: 7,
            recipe: recipe(),
        }
    }

    #[test]
    fn a_recipe_survives_the_wire_including_all_64_bits_of_its_seed() {
        let text = serde_json::to_string(&generate()).expect("serializes");
        assert_eq!(
            serde_json::from_str::<Request>(&text).expect("parses"),
            generate()
        );
    }

    /// A difference here means that `PROTOCOL` has to be raised.
    #[test]
    fn requests_have_this_json() {
        let recipe = serde_json::to_string(&recipe()).expect("serializes");
        let [estimate_json, generate_json] = ["estimate", "generate"]
            .map(|kind| format!(r#"{{"type":"{kind}","id":7,"recipe":{recipe}}}"#));
        for (request, json) in [
            (
                Request::Load {
                    url: "/m/".into(),
                    fresh: true,
                },
                r#"{"type":"load","url":"/m/","fresh":true}"#,
            ),
            (
                Request::Estimate {
                    id: 7,
                    recipe: self::recipe(),
                },
                &estimate_json,
            ),
            (generate(), &generate_json),
            (Request::Cancel { id: 7 }, r#"{"type":"cancel","id":7}"#),
        ] {
            assert_eq!(serde_json::to_string(&request).expect("serializes"), json);
        }
    }
}
