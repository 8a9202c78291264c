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
    /// A step is done. One buffer with `frame`: the picture as predicted at this step.
    Progress {
        /// The job.
        id: JobId,
        /// From 1 to `steps`; 0 once when the job starts (without a frame).
        step: u32,
        /// All steps of the job.
        steps: u32,
        /// Time since the job's start.
        elapsed_ms: f64,
        /// Remaining time, estimated from the steps so far; `None` until the first is done.
        left_ms: Option<f64>,
        /// Shape of the buffer.
        frame: Option<Frame>,
    },
    /// The picture is finished. One buffer: its pixels.
    Done {
        /// The job.
        id: JobId,
        /// Shape of the buffer.
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
            Self::Done { .. } => 1,
            Self::Ready { .. }
            | Self::Loading { .. }
            | Self::Preparing { .. }
            | Self::Loaded { .. }
            | Self::Cancelled { .. }
            | Self::Failed { .. } => 0,
        }
    }
}

/// Shape of the pixels in a message's buffer: straight (not premultiplied) RGBA, 8 bits a
/// channel, rows from the top, `4 × width × height` bytes.
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
    /// The settings that the model's makers recommend; prompt empty, seed 0. Its size is the one
    /// that the model was trained at.
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
        let loaded = r#"{"type":"loaded","model":{"name":"image2-mini","title":"Image 2 mini","licence":"MIT","digest":"ab","size_bytes":9,"patch":16,"side_min":16,"side_max":512,"area_max":65536,"alpha":true,"recommended":RECIPE}}"#
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
            recommended,
        };
        for (event, json) in [
            (
                Event::Ready {
                    protocol: 1,
                    device: DeviceInfo::Cpu,
                },
                r#"{"type":"ready","protocol":1,"device":{"kind":"cpu"}}"#,
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
                Event::Progress {
                    id: 7,
                    step: 1,
                    steps: 4,
                    elapsed_ms: 1.5,
                    left_ms: None,
                    frame: Some(frame()),
                },
                r#"{"type":"progress","id":7,"step":1,"steps":4,"elapsed_ms":1.5,"left_ms":null,"frame":{"width":2,"height":1}}"#,
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
    fn pixels_travel_in_buffers() {
        let progress = |frame| Event::Progress {
            id: 7,
            step: 0,
            steps: 4,
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
        assert_eq!(done.buffers(), 1);
    }
}
