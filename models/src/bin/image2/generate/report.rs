//! The report of completed pictures, for people and for programs.

use std::time::Duration;

use image2_models::Pipeline;
use serde_json::{Map, Value, json};

use super::request::Request;
use super::words::LostWords;
use crate::answer::{Answer, End};
use crate::device;
use crate::names::{insert, shown};

/// Collects the completed pictures of a run.
pub struct Report<'a> {
    pipeline: &'a Pipeline,
    /// Whether each picture has a prompt of its own.
    many_prompts: bool,
    pictures: Vec<(&'a Request, Duration, LostWords)>,
}

impl<'a> Report<'a> {
    pub fn new(pipeline: &'a Pipeline, many_prompts: bool) -> Self {
        Self {
            pipeline,
            many_prompts,
            pictures: Vec::new(),
        }
    }

    pub fn add(&mut self, request: &'a Request, elapsed: Duration) {
        let lost = LostWords::of(&request.prompt, self.pipeline);
        self.pictures.push((request, elapsed, lost));
    }

    pub fn answer(self, end: End) -> Answer {
        Answer {
            lines: self.lines(),
            value: self.value(),
            end,
        }
    }

    fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for (request, elapsed, lost) in &self.pictures {
            let (path, seconds) = (shown(&request.output), elapsed.as_secs_f64());
            lines.push(format!("{path} (seed {}, {seconds:.1} s)", request.seed));
            if self.many_prompts {
                let sentences = lost.sentences(self.pipeline).into_iter();
                lines.extend(sentences.map(|sentence| format!("{path}: {sentence}")));
            }
        }
        // Pictures of the same prompt share its sentences.
        if let Some((.., lost)) = self.pictures.first()
            && !self.many_prompts
        {
            lines.extend(lost.sentences(self.pipeline));
        }
        lines
    }

    fn value(&self) -> Map<String, Value> {
        let mut unknown: Vec<&String> = Vec::new();
        let mut pictures = Vec::new();
        for (request, elapsed, lost) in &self.pictures {
            let mut picture = Map::new();
            insert(&mut picture, "file", &request.output);
            picture.insert("seed".into(), request.seed.into());
            picture.insert("elapsed_ms".into(), (elapsed.as_millis() as u64).into());
            picture.insert("unknown_words".into(), lost.unknown.clone().into());
            picture.insert("unread_words".into(), lost.unread.clone().into());
            pictures.push(picture);
            unknown.extend(&lost.unknown);
        }
        unknown.sort_unstable();
        unknown.dedup();
        let mut value = Map::new();
        value.insert("pictures".into(), pictures.into());
        value.insert(
            "device".into(),
            device::name(self.pipeline.compute()).into(),
        );
        value.insert("unknown_words".into(), json!(unknown));
        value
    }
}
