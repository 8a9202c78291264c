//! Messages between the interface and the worker that computes.
//!
//! On the wire a message is a two-element array: the JSON text of a [`Request`] or an [`Event`],
//! and an `ArrayBuffer` that is transferred, never copied, or `null`. Only [`Event::Progress`]
//! and [`Event::Done`] carry a buffer: the pixels of a [`Frame`].
//!
//! Order: the worker speaks first ([`Event::Ready`] or [`Event::Failed`]); the interface sends
//! nothing before that, because a worker has no listener until its wasm runs. One job runs at a
//! time; each job ends in exactly one of `Done`, `Cancelled` or `Failed`.

use serde::{Deserialize, Serialize};

/// Names one job from its `Generate` to its end; the interface counts up and never reuses one.
pub type JobId = u32;

/// What the interface asks for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Request {
    /// Fetch, verify and put on the device the package in the folder `url` (same origin).
    Load {
        /// The package's folder, ending in a slash.
        url: String,
        /// Past the browser's cache, after a damaged answer.
        fresh: bool,
    },
    /// Make one picture with the loaded model.
    Generate {
        /// The job's new name.
        id: JobId,
        /// What to make.
        job: Job,
    },
    /// Stop job `id`; heard between two steps, when a GPU has begun the next one already. Unknown
    /// ids are ignored: the job may have ended while this message travelled.
    Cancel {
        /// The job to stop.
        id: JobId,
    },
}

/// Everything that decides a picture. The same job, model and device give the same bytes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Job {
    /// What the picture shows.
    pub prompt: String,
    /// Pixels; multiples of [`ModelInfo::patch`].
    pub width: u32,
    /// Pixels; multiples of [`ModelInfo::patch`].
    pub height: u32,
    /// Steps from noise to picture.
    pub steps: u32,
    /// Decides the noise.
    pub seed: u64,
    /// 1 switches guidance off and halves the work.
    pub guidance: f32,
}

/// What the worker tells.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Event {
    /// The worker runs and owns a device.
    Ready {
        /// The device.
        device: DeviceInfo,
    },
    /// Bytes of the package received so far; each file is verified when it is whole.
    Loading {
        /// Received so far.
        received_bytes: u64,
        /// Of all files that are wanted.
        total_bytes: u64,
    },
    /// The whole package has arrived; the device compiles what the first picture needs.
    Preparing {
        /// Kernels that are compiled, and passes of them that ran.
        done: u32,
        /// All that are needed; at least two.
        total: u32,
    },
    /// The model is on the device; jobs may be sent.
    Loaded {
        /// What it can do.
        model: ModelInfo,
    },
    /// Step `step` of `steps` is done. The buffer holds the picture as foreseen at this step.
    Progress {
        /// The job.
        id: JobId,
        /// From 1 to `steps`; 0 once when the job starts (without a frame).
        step: u32,
        /// All steps of the job.
        steps: u32,
        /// Since the job's start.
        elapsed_ms: f64,
        /// Estimated from the steps so far; `None` until the first is done.
        left_ms: Option<f64>,
        /// Shape of the buffer.
        frame: Option<Frame>,
    },
    /// The picture is finished; its pixels are in the buffer.
    Done {
        /// The job.
        id: JobId,
        /// Shape of the buffer.
        frame: Frame,
        /// Since the job's start.
        elapsed_ms: f64,
    },
    /// The job stopped because the interface asked.
    Cancelled {
        /// The job.
        id: JobId,
    },
    /// A job (`Some`) or the worker itself (`None`) failed.
    Failed {
        /// The job, if it is one's failure.
        id: Option<JobId>,
        /// What went wrong and what to do.
        failure: Failure,
    },
}

/// Shape of the pixels in a message's buffer: straight (not premultiplied) RGBA, 8 bits a
/// channel, rows from the top, `4 × width × height` bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frame {
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
}

/// Where the worker computes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum DeviceInfo {
    /// WebGPU; `adapter` is the name that the browser gives, often empty.
    Gpu {
        /// The adapter's name.
        adapter: String,
    },
    /// One thread of the processor.
    Cpu,
}

/// What the interface needs to know of a loaded model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelInfo {
    /// Stable identifier, for records: `image2-mini`.
    pub name: String,
    /// For people.
    pub title: String,
    /// SPDX expression.
    pub licence: String,
    /// SHA-256 of the manifest, hex: names the exact weights in a picture's parameters.
    pub digest: String,
    /// Of all its files.
    pub size_bytes: u64,
    /// Width and height are multiples of this.
    pub patch: u32,
    /// Smallest and largest side in pixels.
    pub side_min: u32,
    /// See `side_min`.
    pub side_max: u32,
    /// Width times height is at most this.
    pub area_max: u32,
    /// The size that the model was trained at.
    pub width: u32,
    /// See `width`.
    pub height: u32,
    /// True where pictures have an alpha channel.
    pub alpha: bool,
    /// Recommended steps and guidance.
    pub steps: u32,
    /// See `steps`.
    pub guidance: f32,
    /// How the flow is integrated, for a picture's parameters: `Euler`.
    pub sampler: String,
}

/// A failure that crosses to the interface: internals are logged, never shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// Stable, for tests and translations: `gpu.lost`, `package.damaged`, …
    pub code: String,
    /// What happened, a sentence for people.
    pub message: String,
    /// What helps.
    pub remedy: Remedy,
}

/// What the interface can do about a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Remedy {
    /// The request was wrong: change it.
    ChangeRequest,
    /// The worker still stands: try again.
    Retry,
    /// The worker is lost: start a new one and load the model again.
    Restart,
    /// This device cannot do it: use the CPU worker.
    UseCpu,
    /// The package is damaged: fetch it again.
    FetchAgain,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_survives_the_wire_whole() {
        let job = Job {
            prompt: "a \"quoted\" cat\n🐈".into(),
            width: 128,
            height: 96,
            steps: 4,
            seed: u64::MAX,
            guidance: 3.5,
        };
        let request = Request::Generate { id: 7, job };
        let text = serde_json::to_string(&request).expect("serializes");
        assert_eq!(
            serde_json::from_str::<Request>(&text).expect("parses"),
            request
        );
    }

    #[test]
    fn an_unknown_message_is_refused() {
        assert!(serde_json::from_str::<Request>(r#"{"type":"format_disk"}"#).is_err());
    }
}
