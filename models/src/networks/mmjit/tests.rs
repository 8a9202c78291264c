//! Parity with the PyTorch reference (`tests/fixtures/reference.py`), part by part and as a whole,
//! on every device of this machine.

use image2_package::blocks::{self, Format};
use image2_package::{Component, Layout, Shape, TensorBytes};
use image2_shaders::ops::Advance;
use image2_shaders::{Compute, Graph, Resident};
use safetensors::SafeTensors;

use super::{MmJit, MmJitConfig, TextConfig};
use crate::ModelError;
use crate::networks::patches::{patchify, unpatchify};
use crate::networks::{Network, NetworkConfig, Text};
use crate::weights::Weights;

/// ‖out − ref‖ / ‖ref‖ in f32. The reference is computed in f64; what remains on the processor is
/// rounding over a dozen layers. A GPU may contract, reorder and approximate `exp` and `sqrt`.
const TOLERANCE_CPU: f64 = 1e-5;
const TOLERANCE_GPU: f64 = 1e-3;

struct Fixture {
    bytes: Vec<u8>,
    config: MmJitConfig,
}

impl Fixture {
    fn open(name: &str) -> Self {
        let path = format!(
            "{}/tests/fixtures/{name}.safetensors",
            env!("CARGO_MANIFEST_DIR")
        );
        let bytes = std::fs::read(&path).expect(&path);
        let (_, header) = SafeTensors::read_metadata(&bytes).expect("a valid header");
        let text = &header.metadata().as_ref().expect("metadata")["config"];
        let config = MmJitConfig::from_json(&serde_json::from_str(text).expect("JSON"))
            .expect("a valid config");
        Self { bytes, config }
    }

    fn values(&self, name: &str) -> (Vec<f32>, Vec<usize>) {
        let file = SafeTensors::deserialize(&self.bytes).expect("a valid file");
        let view = file.tensor(name).expect(name);
        let values = view
            .data()
            .as_chunks()
            .0
            .iter()
            .map(|bytes| match view.dtype() {
                safetensors::Dtype::F32 => f32::from_le_bytes(*bytes),
                // Small whole numbers: token ids and counts.
                safetensors::Dtype::I32 => i32::from_le_bytes(*bytes) as f32,
                other => panic!("{name} has the type {other:?}"),
            });
        (values.collect(), view.shape().to_vec())
    }

    /// A tensor's last dimension as columns, all others as rows.
    fn resident(&self, name: &str, compute: &Compute) -> Resident {
        let (values, shape) = self.values(name);
        let columns = *shape.last().expect("a dimension");
        Resident::new(compute, [values.len() / columns, columns], &values)
    }

    /// Pictures `[batch, channels, height, width]` and their conditions, as patches.
    fn patches(&self, compute: &Compute) -> (Resident, usize) {
        let (image, shape) = self.values("input.image");
        let (batch, size, patch) = (shape[0], self.config.size, self.config.patch);
        let given = match self.config.condition {
            0 => Vec::new(),
            _ => self.values("input.given").0,
        };
        let (pixels, count) = (size[0] * size[1], size[0] * size[1] / (patch * patch));
        let channels = self.config.channels + self.config.condition;
        let stride = channels * patch * patch;
        let mut rows = vec![0.0; batch * count * stride];
        for (b, rows) in rows.chunks_mut(count * stride).enumerate() {
            let [image, given] = [&image, &given]
                .map(|values| &values[b * values.len() / batch..(b + 1) * values.len() / batch]);
            let both = [image, given].concat();
            assert_eq!(both.len(), channels * pixels);
            patchify(&both, size, patch, rows, stride);
        }
        (
            Resident::new(compute, [batch * count, stride], &rows),
            batch,
        )
    }

    /// The network with its matrices in f32 blocks.
    fn network(&self, compute: &Compute) -> MmJit {
        let mut weights = Weights::new(compute, Component::Denoiser, self.config.tables());
        let file = SafeTensors::deserialize(&self.bytes).expect("a valid file");
        for name in file
            .names()
            .into_iter()
            .filter_map(|name| name.strip_prefix("weight."))
        {
            let (values, dims) = self.values(&format!("weight.{name}"));
            let shape = Shape::new(&dims).expect("a bounded shape");
            let (rows, columns) = shape.matrix();
            let encoded;
            let (layout, values) = if dims.len() < 2 || name == "mask_token" {
                encoded = values
                    .iter()
                    .flat_map(|value| value.to_le_bytes())
                    .collect();
                (Layout::Plain, &encoded)
            } else {
                encoded = blocks::encode(&values, rows, columns, Format::F32)
                    .expect("finite")
                    .values;
                (Layout::Blocks, &encoded)
            };
            let tensor = TensorBytes {
                shape,
                format: Format::F32,
                layout,
                values,
                scales: None,
            };
            weights.add(name, &tensor).expect("a small weight");
        }
        MmJit::load(&weights.loader(), self.config.clone()).expect("a whole network")
    }

    fn texts(&self) -> Vec<Text> {
        let length = self.config.text_length;
        match self.config.text {
            TextConfig::Table { .. } => {
                let (tokens, _) = self.values("input.tokens");
                tokens
                    .chunks(length)
                    .map(|row| Text::Tokens(row.iter().map(|&id| id as u32).collect()))
                    .collect()
            }
            TextConfig::Features { size } => {
                let ((features, _), (counts, _)) =
                    (self.values("input.features"), self.values("input.counts"));
                let rows = features.chunks(length * size).zip(counts);
                rows.map(|(row, count)| Text::Features(row[..count as usize * size].to_vec()))
                    .collect()
            }
        }
    }
}

/// Compares one output with the fixture's.
fn compare(fixture: &Fixture, name: &str, part: &str, output: &[f32], tolerance: f64) {
    let (reference, _) = fixture.values(&format!("output.{part}"));
    assert_eq!(output.len(), reference.len(), "{name}: length of {part}");
    let norm = |values: &mut dyn Iterator<Item = f64>| {
        values.map(|value| value * value).sum::<f64>().sqrt()
    };
    let difference = norm(
        &mut output
            .iter()
            .zip(&reference)
            .map(|(&a, &b)| f64::from(a) - f64::from(b)),
    );
    let error = difference / norm(&mut reference.iter().map(|&value| f64::from(value)));
    assert!(
        error <= tolerance,
        "{name}: {part} is off by {error:.2e}, more than {tolerance:.0e}"
    );
}

fn read(resident: &Resident) -> Vec<f32> {
    pollster::block_on(resident.read()).expect("no fault")
}

/// Each part starts from the reference's input, so that an error is located.
fn parity(name: &str, compute: &Compute, tolerance: f64) {
    let fixture = Fixture::open(name);
    let (network, config) = (fixture.network(compute), &fixture.config);
    let (x, batch) = fixture.patches(compute);

    let encoding = network.text_encoding(batch);
    let features = network
        .text_features(&fixture.texts())
        .expect("a text that fits");
    encoding.input.write(0, &features);
    if let Some(graph) = &encoding.graph {
        graph.compile().expect("no fault").run();
    }
    let encoded = read(&encoding.output);
    compare(&fixture, name, "encoded", &encoded, tolerance);
    let txt = fixture.resident("output.encoded", compute);

    let embedded = fixture.resident("output.embedded", compute);
    let output = Resident::zeros(compute, embedded.shape());
    let mut graph = Graph::new(compute);
    let [patches, img] = [&x, &output].map(|resident| graph.resident(resident));
    let (patches, img) = (graph.rows(patches), graph.rows(img));
    network.embed(&mut graph, patches, img, config.size);
    graph.compile().expect("no fault").run();
    compare(&fixture, name, "embedded", &read(&output), tolerance);

    // One stream: the texts' rows, which the block itself writes, then the embedded pictures.
    let (texts, pictures) = (txt.shape()[0], embedded.shape()[0]);
    let mut graph = Graph::new(compute);
    let mut activations = network.activations(&mut graph, batch, config.size);
    let stream = Resident::zeros(compute, [texts + pictures, config.width]);
    stream.write(texts, &read(&embedded));
    activations.stream = graph.resident(&stream);
    let source = graph.resident(&txt);
    let source = graph.rows(source);
    network.double_blocks[0].record(&mut graph, &activations, source, false);
    graph.compile().expect("no fault").run();
    let stream = read(&stream);
    let (joint_txt, joint_img) = stream.split_at(texts * config.width);
    compare(&fixture, name, "joint_txt", joint_txt, tolerance);
    compare(&fixture, name, "joint_img", joint_img, tolerance);

    compare(
        &fixture,
        name,
        "clean",
        &clean(&network, &x, &txt, batch),
        tolerance,
    );
    assert_eq!(
        compute.check(),
        Ok(()),
        "{name}: the device reported a fault"
    );
}

/// The whole pass, as pictures `[batch, channels, height, width]`.
fn clean(network: &MmJit, x: &Resident, txt: &Resident, batch: usize) -> Vec<f32> {
    let config = network.config();
    let mut graph = Graph::new(network.compute());
    let [patches, txt] = [x, txt].map(|resident| graph.resident(resident));
    let (patches, txt) = (graph.rows(patches), graph.rows(txt));
    let clean = network.prediction(&mut graph, batch, config.size);
    network.record(&mut graph, patches, txt, clean, config.size);
    // A step of weight 1 moves to the prediction, and changes its layout.
    let area = config.patch * config.patch;
    let shape = [clean.count, clean.columns];
    let guided = Resident::zeros(network.compute(), shape);
    let step = Advance {
        x: graph.resident(&Resident::zeros(network.compute(), shape)),
        clean,
        guided: graph.resident(&guided),
        saved: graph.resident(&Resident::zeros(network.compute(), shape)),
        weights: graph.resident(&Resident::new(
            network.compute(),
            [1, 4],
            &[1.0, 1.0, 0.0, 0.0],
        )),
        channels: config.channels,
    };
    graph.push(step);
    graph.compile().expect("no fault").run();
    let rows = read(&guided);
    let one = config.size[0] * config.size[1] * config.channels;
    rows.chunks(one)
        .flat_map(|rows| {
            unpatchify(
                rows,
                area * config.channels,
                config.channels,
                config.size,
                config.patch,
            )
        })
        .collect()
}

const CASES: [&str; 5] = [
    "square_rgb",
    "odd_rgba",
    "wide_mlp",
    "external_text",
    "conditioned_rgba",
];

#[test]
fn the_processor_agrees_with_the_reference() {
    for name in CASES {
        parity(name, &Compute::cpu(), TOLERANCE_CPU);
    }
}

#[test]
fn the_gpu_agrees_with_the_reference() {
    let compute = pollster::block_on(Compute::gpu()).expect("a GPU or a software driver");
    for name in CASES {
        parity(name, &compute, TOLERANCE_GPU);
    }
}

#[test]
fn a_missing_or_misshapen_weight_is_named() {
    let fixture = Fixture::open("wide_mlp");
    let loader_of = |name: &str, dims: &[usize]| {
        let mut weights = Weights::new(&Compute::cpu(), Component::Denoiser, &[]);
        let values = vec![0; 4 * dims.iter().product::<usize>()];
        let shape = Shape::new(dims).expect("a bounded shape");
        let tensor = TensorBytes {
            shape,
            format: Format::F32,
            layout: Layout::Plain,
            values: &values,
            scales: None,
        };
        weights.add(name, &tensor).expect("a small weight");
        MmJit::load(&weights.loader(), fixture.config.clone())
            .expect_err("a network needs more")
            .to_string()
    };
    assert!(loader_of("unrelated", &[3]).contains("img_embedder.proj1.weight is missing"));
    let sentence = loader_of("img_embedder.proj1.weight", &[3, 5]);
    assert!(
        sentence.contains("[3, 5]") && sentence.contains("[12, 48]"),
        "{sentence}"
    );
}

#[test]
fn absurd_configurations_are_refused() {
    let valid = Fixture::open("square_rgb").config;
    let broken: [fn(&mut MmJitConfig); 10] = [
        |c| c.channels = 5,
        |c| c.condition = 3,
        |c| c.patch = 0,
        |c| c.width = usize::MAX,
        |c| c.heads = 3,
        |c| (c.heads, c.head_dim) = (1, 30),
        |c| (c.width, c.heads, c.head_dim) = (68, 1, 68),
        |c| c.depth = 1 << 40,
        |c| c.size = [17, 16],
        |c| c.text = TextConfig::Table { vocab: 1 << 40 },
    ];
    for break_ in broken {
        let mut config = valid.clone();
        break_(&mut config);
        assert_eq!(
            config
                .validate()
                .map_err(ModelError::from)
                .map_err(|error| error.code()),
            Err("model.config"),
            "{config:?}"
        );
    }
}
