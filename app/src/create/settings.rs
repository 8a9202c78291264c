//! What the user chose, and how it becomes a job.
//!
//! A setting left alone is `None` and follows the model's recommendation, so that loading
//! another model brings its own defaults and "Reset to recommended" is simply forgetting.
//! The stored form is versioned and read with forgiveness: a field that no longer makes sense
//! is dropped, never the prompt beside it.

use image2_protocol::{Job, ModelInfo};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::create::{seed, sizes};

/// Most steps offered by most models.
const STEPS_MAX: u32 = 50;
/// Guidance from off to the strongest offered.
pub const GUIDANCE_MIN: f32 = 1.0;
/// See [`GUIDANCE_MIN`].
pub const GUIDANCE_MAX: f32 = 10.0;
/// Version of the stored form.
const VERSION: u64 = 1;

/// What the loaded model can make and recommends.
#[derive(Clone, Debug, PartialEq)]
pub struct Limits {
    pub patch: u32,
    pub side_min: u32,
    pub side_max: u32,
    pub area_max: u32,
    pub width: u32,
    pub height: u32,
    pub steps: u32,
    pub guidance: f32,
}

impl Default for Limits {
    /// The default model's, shown until a model says its own.
    fn default() -> Self {
        Self {
            patch: 16,
            side_min: 16,
            side_max: 512,
            area_max: 65_536,
            width: 128,
            height: 128,
            steps: 4,
            guidance: 1.0,
        }
    }
}

impl From<&ModelInfo> for Limits {
    fn from(model: &ModelInfo) -> Self {
        Self {
            patch: model.patch,
            side_min: model.side_min,
            side_max: model.side_max,
            area_max: model.area_max,
            width: model.width,
            height: model.height,
            steps: model.steps,
            guidance: model.guidance,
        }
    }
}

/// Everything the user set in the panel.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    pub prompt: String,
    pub width: Option<u32>,
    pub height: Option<u32>,
    pub steps: Option<u32>,
    pub guidance: Option<f32>,
    /// As typed; text, because a JavaScript number would round it.
    pub seed: String,
    pub seed_locked: bool,
}

impl Settings {
    /// The stored form.
    pub fn to_text(&self) -> String {
        let mut value = serde_json::to_value(self).unwrap_or_default();
        value["version"] = VERSION.into();
        value.to_string()
    }

    /// Reads the stored form, whatever became of it: field by field, each falling back alone.
    pub fn from_text(text: &str) -> Self {
        let Ok(value) = serde_json::from_str::<Value>(text) else {
            return Self::default();
        };
        if value["version"].as_u64() != Some(VERSION) {
            // Another version's numbers may mean something else; a prompt is a prompt.
            return Self {
                prompt: string(&value, "prompt"),
                ..Self::default()
            };
        }
        let seed = Some(string(&value, "seed")).filter(|text| seed::parse(text).is_ok());
        Self {
            prompt: string(&value, "prompt"),
            width: whole(&value, "width"),
            height: whole(&value, "height"),
            steps: whole(&value, "steps"),
            guidance: value["guidance"]
                .as_f64()
                .map(|number| number as f32)
                .filter(|number| number.is_finite()),
            // A lock on nothing would only refuse the next picture.
            seed_locked: value["seed_locked"].as_bool().unwrap_or_default() && seed.is_some(),
            seed: seed.unwrap_or_default(),
        }
    }
}

fn string(value: &Value, field: &str) -> String {
    value[field].as_str().unwrap_or_default().to_owned()
}

fn whole(value: &Value, field: &str) -> Option<u32> {
    value[field]
        .as_u64()
        .and_then(|number| u32::try_from(number).ok())
}

/// A picture asked for: the settings at the press of the button, with its seed decided. It waits
/// while the model loads, and is kept when a worker is lost, so that it can be sent again.
#[derive(Clone, Debug, PartialEq)]
pub struct Wanted {
    pub settings: Settings,
    pub seed: u64,
}

impl Wanted {
    /// The job for the model that is loaded now.
    pub fn job(&self, limits: &Limits) -> Job {
        let settings = &self.settings;
        let width = sizes::snap(settings.width.unwrap_or(limits.width), limits);
        let height = sizes::snap(settings.height.unwrap_or(limits.height), limits);
        Job {
            prompt: settings.prompt.trim().to_owned(),
            width,
            height: sizes::beside(width, height, limits),
            // The model's own recommendation is passed on as it is, even between our halves.
            steps: settings
                .steps
                .map_or(limits.steps, |chosen| steps(chosen, limits)),
            seed: self.seed,
            guidance: settings.guidance.map_or(limits.guidance, guidance),
        }
    }
}

/// A number of steps within what is offered.
pub fn steps(steps: u32, limits: &Limits) -> u32 {
    steps.clamp(1, steps_max(limits))
}

/// Most steps offered: more only for a model that recommends more.
pub fn steps_max(limits: &Limits) -> u32 {
    STEPS_MAX.max(limits.steps)
}

/// Guidance within what is offered, in halves.
pub fn guidance(guidance: f32) -> f32 {
    if guidance.is_finite() {
        ((guidance * 2.0).round() / 2.0).clamp(GUIDANCE_MIN, GUIDANCE_MAX)
    } else {
        GUIDANCE_MIN
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Settings {
        Settings {
            prompt: "a \"red\" apple\n🍎".into(),
            width: Some(192),
            height: None,
            steps: Some(12),
            guidance: Some(3.5),
            seed: u64::MAX.to_string(),
            seed_locked: true,
        }
    }

    #[test]
    fn the_stored_form_comes_back_whole() {
        assert_eq!(Settings::from_text(&sample().to_text()), sample());
    }

    #[test]
    fn damage_costs_the_damaged_field_only() {
        let damaged = sample()
            .to_text()
            .replace("192", "-4")
            .replace("3.5", "\"x\"")
            .replace("18446744073709551615", "seven");
        let read = Settings::from_text(&damaged);
        let expected = Settings {
            width: None,
            guidance: None,
            seed: String::new(),
            seed_locked: false,
            ..sample()
        };
        assert_eq!(read, expected);
        for text in ["", "null", "[]", "{", "7", "\"x\"", "{\"version\":1}"] {
            assert_eq!(Settings::from_text(text), Settings::default(), "{text}");
        }
    }

    #[test]
    fn another_version_keeps_the_prompt() {
        let read =
            Settings::from_text(&sample().to_text().replace("\"version\":1", "\"version\":9"));
        assert_eq!(
            read,
            Settings {
                prompt: sample().prompt,
                ..Settings::default()
            }
        );
    }

    #[test]
    fn a_job_follows_the_model_where_the_user_chose_nothing() {
        let limits = Limits {
            steps: 4,
            guidance: 2.0,
            ..Limits::default()
        };
        let wanted = Wanted {
            settings: Settings {
                prompt: "  star ".into(),
                width: Some(1000),
                ..Settings::default()
            },
            seed: 7,
        };
        let job = wanted.job(&limits);
        assert_eq!(
            (job.prompt.as_str(), job.width, job.height),
            ("star", 512, 128)
        );
        assert_eq!((job.steps, job.guidance, job.seed), (4, 2.0, 7));
    }

    #[test]
    fn guidance_moves_in_halves() {
        assert_eq!(guidance(3.3), 3.5);
        assert_eq!(guidance(0.0), 1.0);
        assert_eq!(guidance(99.0), 10.0);
        assert_eq!(guidance(f32::NAN), 1.0);
    }
}
