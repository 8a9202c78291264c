//! What the worker reports to the page.

use image2_picture::Recipe;
use serde::{Deserialize, Serialize};

use crate::{Failure, JobId, Message, Note};

/// A message from the worker to the page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Event {
    /// The worker runs and has opened a device. This event keeps its form in every version.
    Ready {
        /// The worker's [`PROTOCOL`](crate::PROTOCOL).
        #[serde(default)]
        protocol: u32,
        /// The device.
        device: DeviceInfo,
    },
    /// The package is arriving; each file is verified once it is complete.
    Loading {
        /// Bytes received so far.
        received_bytes: u64,
        /// Bytes of all files.
        total_bytes: u64,
    },
    /// The whole package has arrived; the device compiles what the first picture needs.
    Preparing {
        /// Kernels compiled and warm-up passes run so far.
        done: u32,
        /// All that are needed; at least two.
        total: u32,
    },
    /// The model is on the device; jobs may be sent.
    Loaded {
        /// The model's limits and recommendations.
        model: ModelInfo,
    },
    /// The answer to `Estimate`.
    Estimated {
        /// The id of the question.
        id: JobId,
        /// What the picture takes, or why it is refused.
        outcome: Result<Estimate, Failure>,
    },
    /// A part of a stage is done. One buffer with `frame`: the picture as it is by now.
    Progress {
        /// The job.
        id: JobId,
        /// What is being done.
        stage: Stage,
        /// Parts of the stage that are done; 0 once when the stage starts (without a frame).
        done: u32,
        /// All parts of the stage. May change while it runs.
        all: u32,
        /// Whether no other stage follows.
        is_last_stage: bool,
        /// Time since the job's start.
        elapsed_ms: f64,
        /// Remaining time of the whole job, estimated from what this device did so far; `None` while
        /// there is nothing to estimate it from.
        left_ms: Option<f64>,
        /// Shape of the buffer.
        frame: Option<Frame>,
    },
    /// The picture is finished. Two buffers: its file and that of its thumbnail, both PNG with the AI
    /// mark and without parameters.
    Done {
        /// The job.
        id: JobId,
        /// Size of the picture.
        frame: Frame,
        /// Time since the job's start.
        elapsed_ms: f64,
        /// What the person should know about this picture: `words.unread`, `words.unknown`.
        notes: Vec<Note>,
    },
    /// The job stopped because the page asked for it.
    Cancelled {
        /// The job.
        id: JobId,
    },
    /// A job (`Some`) or the worker itself (`None`) failed.
    Failed {
        /// The failed job.
        id: Option<JobId>,
        /// What went wrong and what helps.
        failure: Failure,
    },
}

impl Message for Event {
    fn buffers(&self) -> usize {
        match self {
            Self::Progress { frame, .. } => usize::from(frame.is_some()),
            Self::Done { .. } => 2,
            Self::Ready { .. }
            | Self::Loading { .. }
            | Self::Preparing { .. }
            | Self::Loaded { .. }
            | Self::Estimated { .. }
            | Self::Cancelled { .. }
            | Self::Failed { .. } => 0,
        }
    }
}

/// The stages of a job, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// The network draws; its parts are steps.
    Drawing,
    /// The upscaler enlarges the drawing; its parts are tiles. Models without an upscaler have none.
    Enlarging,
}

/// Time and memory of a picture, known before it is made.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// Memory of all workers that take part, in bytes, weights included.
    pub memory_bytes: u64,
    /// Time, from what this device did so far; `None` while there is nothing to estimate it from.
    pub duration_ms: Option<f64>,
}

/// Size of a picture. In a buffer of pixels: straight (not premultiplied) RGBA, 8 bits a channel, rows
/// from the top, `4 × width × height` bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frame {
    /// Pixels in a row.
    pub width: u32,
    /// Rows.
    pub height: u32,
}

/// The device that computes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum DeviceInfo {
    /// WebGPU.
    Gpu {
        /// The adapter's name as the browser gives it, often empty.
        adapter: String,
    },
    /// One thread of the processor.
    Cpu,
}

/// A loaded model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelInfo {
    /// Stable identifier, for records: `image2-mini`.
    pub name: String,
    /// Name for people, written by the model's maker.
    pub title: String,
    /// SPDX expression.
    pub licence: String,
    /// SHA-256 of the manifest, hexadecimal: identifies the exact weights.
    pub digest: String,
    /// Bytes of all its files.
    pub size_bytes: u64,
    /// Width and height are multiples of this many pixels.
    pub patch: u32,
    /// Smallest side in pixels.
    pub side_min: u32,
    /// Largest side in pixels.
    pub side_max: u32,
    /// Largest product of width and height, in pixels.
    pub area_max: u32,
    /// Whether pictures have an alpha channel.
    pub alpha: bool,
    /// Whether drawings are enlarged to the size asked for. If not, the model draws at that size.
    pub enlarges: bool,
    /// The settings that the model's makers recommend, with a size for this device; prompt empty,
    /// seed 0.
    pub recommended: Recipe,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Remedy;

    fn frame() -> Frame {
        Frame {
            width: 2,
            height: 1,
        }
    }

    /// A difference here means that `PROTOCOL` has to be raised.
    #[test]
    fn events_have_this_json() {
        let recommended = Recipe::default();
        let recipe = serde_json::to_string(&recommended).expect("serializes");
        let loaded = r#"{"type":"loaded","model":{"name":"image2-mini","title":"Image 2 mini","licence":"MIT","digest":"ab","size_bytes":9,"patch":16,"side_min":16,"side_max":512,"area_max":65536,"alpha":true,"enlarges":true,"recommended":RECIPE}}"#
            .replace("RECIPE", &recipe);
        let model = ModelInfo {
            name: "image2-mini".into(),
            title: "Image 2 mini".into(),
            licence: "MIT".into(),
            digest: "ab".into(),
            size_bytes: 9,
            patch: 16,
            side_min: 16,
            side_max: 512,
            area_max: 65_536,
            alpha: true,
            enlarges: true,
            recommended,
        };
        for (event, json) in [
            (
                Event::Ready {
                    protocol: 2,
                    device: DeviceInfo::Cpu,
                },
                r#"{"type":"ready","protocol":2,"device":{"kind":"cpu"}}"#,
            ),
            (
                Event::Loading {
                    received_bytes: 1,
                    total_bytes: 2,
                },
                r#"{"type":"loading","received_bytes":1,"total_bytes":2}"#,
            ),
            (
                Event::Preparing { done: 1, total: 2 },
                r#"{"type":"preparing","done":1,"total":2}"#,
            ),
            (Event::Loaded { model }, loaded.as_str()),
            (
                Event::Estimated {
                    id: 7,
                    outcome: Ok(Estimate {
                        memory_bytes: 9,
                        duration_ms: Some(1.5),
                    }),
                },
                r#"{"type":"estimated","id":7,"outcome":{"Ok":{"memory_bytes":9,"duration_ms":1.5}}}"#,
            ),
            (
                Event::Estimated {
                    id: 7,
                    outcome: Err(Failure::new("request.size", Remedy::ChangeRequest)),
                },
                r#"{"type":"estimated","id":7,"outcome":{"Err":{"code":"request.size","arguments":{},"remedy":"change_request"}}}"#,
            ),
            (
                Event::Progress {
                    id: 7,
                    stage: Stage::Drawing,
                    done: 1,
                    all: 4,
                    is_last_stage: false,
                    elapsed_ms: 1.5,
                    left_ms: None,
                    frame: Some(frame()),
                },
                r#"{"type":"progress","id":7,"stage":"drawing","done":1,"all":4,"is_last_stage":false,"elapsed_ms":1.5,"left_ms":null,"frame":{"width":2,"height":1}}"#,
            ),
            (
                Event::Progress {
                    id: 7,
                    stage: Stage::Enlarging,
                    done: 0,
                    all: 9,
                    is_last_stage: true,
                    elapsed_ms: 1.5,
                    left_ms: Some(2.5),
                    frame: None,
                },
                r#"{"type":"progress","id":7,"stage":"enlarging","done":0,"all":9,"is_last_stage":true,"elapsed_ms":1.5,"left_ms":2.5,"frame":null}"#,
            ),
            (
                Event::Done {
                    id: 7,
                    frame: frame(),
                    elapsed_ms: 1.5,
                    notes: vec![Note::new("words.unread").with("text", "at the end")],
                },
                r#"{"type":"done","id":7,"frame":{"width":2,"height":1},"elapsed_ms":1.5,"notes":[{"code":"words.unread","arguments":{"text":"at the end"}}]}"#,
            ),
            (Event::Cancelled { id: 7 }, r#"{"type":"cancelled","id":7}"#),
            (
                Event::Failed {
                    id: None,
                    failure: Failure::new("gpu.lost", Remedy::Restart),
                },
                r#"{"type":"failed","id":null,"failure":{"code":"gpu.lost","arguments":{},"remedy":"restart"}}"#,
            ),
        ] {
            assert_eq!(serde_json::to_string(&event).expect("serializes"), json);
            assert_eq!(
                serde_json::from_str::<Event>(json).expect("parses"),
                event,
                "{json}"
            );
        }
    }

    #[test]
    fn a_worker_without_a_version_is_read_as_version_0() {
        let json = r#"{"type":"ready","device":{"kind":"gpu","adapter":"x"}}"#;
        let event = serde_json::from_str::<Event>(json).expect("parses");
        assert!(matches!(event, Event::Ready { protocol: 0, .. }));
    }

    #[test]
    fn pixels_and_files_travel_in_buffers() {
        let progress = |frame| Event::Progress {
            id: 7,
            stage: Stage::Drawing,
            done: 0,
            all: 4,
            is_last_stage: true,
            elapsed_ms: 0.0,
            left_ms: None,
            frame,
        };
        assert_eq!(progress(None).buffers(), 0);
        assert_eq!(progress(Some(frame())).buffers(), 1);
        let done = Event::Done {
            id: 7,
            frame: frame(),
            elapsed_ms: 0.0,
            notes: vec![],
        };
        assert_eq!(done.buffers(), 2);
    }
}
