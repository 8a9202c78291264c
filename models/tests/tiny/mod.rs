//! A small package of version 2 with every component: the weights of a fixture and an upscaler of
//! arbitrary numbers. Each test changes what it is about.

#![allow(dead_code, reason = "each test binary uses its own part")]

use std::path::{Path, PathBuf};

use image2_package::dtype::Dtype;
use image2_package::{
    About, Component, Dense, Format, Layout, PackageError, PackageWriter, Plan, Shape, Tensor,
    TensorSource, quantize,
};
use safetensors::SafeTensors;
use serde_json::{Value, json};

/// The file `tokenizer.json`.
pub const TOKENIZER: &str = r#"{"model":{"type":"WordLevel","vocab":{"[PAD]":0,"red":1,"cat":2}}}"#;
/// The file `vocabulary.json`.
const VOCABULARY: &str = r#"{"subjects":["cat"],"synonyms":{"kitty":"cat"}}"#;
// Sizes of the upscaler.
const CHANNELS: usize = 4;
const WIDTH: usize = 8;
const DEPTH: usize = 2;
const SCALE: usize = 4;

/// Weights by name, as a checkpoint has them.
pub type Weights = Vec<(String, Vec<usize>, Vec<f32>)>;

/// A package before it is written.
pub struct Tiny {
    pub about: Value,
    pub files: Vec<(&'static str, String)>,
    pub denoiser: Weights,
    pub upscaler: Weights,
    /// The layout of the upscaler's kernels.
    pub kernels: Layout,
    /// How matrices are stored; plain in f32 where it is `None`.
    pub format: Option<Format>,
}

impl Tiny {
    /// Valid, with weights in full precision and no `sizes`, which a changed `config` would break.
    pub fn new() -> Self {
        let (config, denoiser) = fixture();
        let upscaler =
            json!({ "channels": CHANNELS, "width": WIDTH, "depth": DEPTH, "scale": SCALE });
        let picture =
            |low: f32| json!({ "channels": "rgba", "premultiplied": true, "range": [low, 1.0] });
        let about = json!({
            "name": "tiny", "title": "Tiny", "licence": "MIT",
            "components": {
                "denoiser": {
                    "architecture": "mm-jit", "config": config, "picture": picture(-1.0), "noise_scale": 1.0,
                    "sampler": { "method": "euler", "steps": 3, "guidance": 2.0, "guidance_interval": [0.0, 1.0] },
                },
                "text": { "tokenizer": { "kind": "words", "file": "tokenizer.json", "length": 5 } },
                "upscaler": {
                    "architecture": "srvgg", "config": upscaler, "picture": picture(0.0), "scale": SCALE, "passes": 3,
                },
            },
            "knows": {
                "vocabulary": "vocabulary.json", "looks": ["3d", "flat"], "colours": ["red"],
                "scenes": false, "grounds": false, "masks": true, "references": true,
            },
        });
        Self {
            about,
            files: vec![
                ("tokenizer.json", TOKENIZER.to_owned()),
                ("vocabulary.json", VOCABULARY.to_owned()),
            ],
            denoiser,
            upscaler: srvgg(),
            kernels: Layout::Ohwi,
            format: None,
        }
    }

    /// The package that lies in `tests/fixtures/tiny`, in the formats that a real one has.
    pub fn published() -> Self {
        let mut tiny = Self::new();
        tiny.format = Some(Format::Q8);
        tiny.denoiser()["sizes"] = json!({
            "height": 16, "width": 16, "multiple": 4, "side_min": 4, "side_max": 64, "area_max": 1024,
        });
        tiny
    }

    /// The description of the denoiser.
    pub fn denoiser(&mut self) -> &mut Value {
        &mut self.about["components"]["denoiser"]
    }

    /// The description of the upscaler.
    pub fn upscaler(&mut self) -> &mut Value {
        &mut self.about["components"]["upscaler"]
    }

    /// Leaves a component out.
    pub fn without(mut self, component: Component) -> Self {
        let components = self.about["components"].as_object_mut().expect("an object");
        components.remove(component.name());
        match component {
            Component::Denoiser => self.denoiser.clear(),
            Component::Upscaler => self.upscaler.clear(),
            Component::Text => {}
        }
        self
    }

    pub fn write(self, folder: &Path) {
        let about: About = serde_json::from_value(self.about).expect("an About");
        let mut writer = PackageWriter::create(folder).expect("a new folder");
        for (name, content) in &self.files {
            writer.add_file(name, content.as_bytes()).expect("written");
        }
        let plan = |kernels| match self.format {
            Some(format) => Plan {
                kernels,
                ..Plan::uniform(format)
            },
            None => Plan {
                kernels,
                matrix_elements_min: usize::MAX,
                ..Plan::uniform(Format::F32)
            },
        };
        // Kernels in blocks even in full precision: the order of their numbers is tested.
        let kernels = Plan {
            matrix_elements_min: 0,
            ..plan(self.kernels)
        };
        for (component, weights, plan) in [
            (Component::Denoiser, self.denoiser, plan(Layout::Blocks)),
            (Component::Upscaler, self.upscaler, kernels),
        ] {
            let mut source = Checkpoint(weights);
            quantize(&mut source, component, &plan, &mut writer).expect("written");
        }
        writer.finish(about).expect("a package");
    }
}

/// The published package, as a folder.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tiny")
}

struct Checkpoint(Weights);

impl TensorSource for Checkpoint {
    fn for_each(
        &mut self,
        wanted: &mut dyn FnMut(&str, Shape) -> bool,
        visit: &mut dyn FnMut(&str, Tensor<'_>) -> Result<(), PackageError>,
    ) -> Result<(), PackageError> {
        for (name, dims, values) in &self.0 {
            let shape = Shape::new(dims).expect("bounded");
            let bytes: Vec<u8> = values.iter().flat_map(|x| x.to_le_bytes()).collect();
            let dense = Dense {
                dtype: Dtype::F32,
                shape,
                bytes: &bytes,
            };
            if wanted(name, shape) {
                visit(name, Tensor::Dense(dense))?;
            }
        }
        Ok(())
    }
}

/// Config and weights of the fixture `conditioned_rgba`, for squares of 16 pixels.
fn fixture() -> (Value, Weights) {
    let path = format!(
        "{}/tests/fixtures/conditioned_rgba.safetensors",
        env!("CARGO_MANIFEST_DIR")
    );
    let bytes = std::fs::read(path).expect("the fixture");
    let (_, header) = SafeTensors::read_metadata(&bytes).expect("a header");
    let config = &header.metadata().as_ref().expect("metadata")["config"];
    let mut config: Value = serde_json::from_str(config).expect("JSON");
    config["size"] = json!([16, 16]);
    let file = SafeTensors::deserialize(&bytes).expect("a valid file");
    let mut weights = Weights::new();
    for (name, view) in file.tensors() {
        if let Some(name) = name.strip_prefix("weight.") {
            let values = view.data().as_chunks().0.iter();
            let values = values.map(|bytes| f32::from_le_bytes(*bytes));
            weights.push((name.to_owned(), view.shape().to_vec(), values.collect()));
        }
    }
    weights.sort_by(|a, b| a.0.cmp(&b.0));
    (config, weights)
}

/// Arbitrary weights of an upscaler, without a pattern, of about unit gain.
fn srvgg() -> Weights {
    let mut weights = Weights::new();
    let mut add = |name: String, dims: &[usize], scale: f32| {
        let start = 1000.0 * weights.len() as f32;
        let numbers = (0..dims.iter().product()).map(|i: usize| {
            let x = start + i as f32;
            scale * (x * 12.9898).sin() * (0.5 + (x * 0.37).cos() * 0.5)
        });
        weights.push((name, dims.to_vec(), numbers.collect()));
    };
    for k in 0..DEPTH + 2 {
        let inputs = if k == 0 { CHANNELS } else { WIDTH };
        let outputs = if k == DEPTH + 1 {
            CHANNELS * SCALE * SCALE
        } else {
            WIDTH
        };
        let gain = (1.0 / (9 * inputs) as f32).sqrt();
        add(
            format!("body.{}.weight", 2 * k),
            &[outputs, inputs, 3, 3],
            gain,
        );
        add(format!("body.{}.bias", 2 * k), &[outputs], 0.1);
        if k <= DEPTH {
            add(format!("body.{}.weight", 2 * k + 1), &[outputs], 0.5);
        }
    }
    weights.sort_by(|a, b| a.0.cmp(&b.0));
    weights
}
