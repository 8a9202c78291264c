//! Parity with the PyTorch reference (`tests/fixtures/reference.py`), part by part and whole, on
//! every device that this machine has.

use burn::tensor::{Device, Tensor, TensorData};
use image2_package::blocks::{self, Format};
use image2_package::{Layout, Shape, TensorBytes};
use image2_shaders::Compute;
use safetensors::SafeTensors;

use super::{MmJit, MmJitConfig, Text, TextConfig};
use crate::loader::Weights;

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

    fn tensor<const D: usize>(&self, name: &str, device: &Device) -> Tensor<D> {
        let (values, shape) = self.values(name);
        Tensor::from_data(TensorData::new(values, shape), device)
    }

    /// The network with its matrices in f32 blocks.
    fn network(&self, compute: &Compute) -> MmJit {
        let mut weights = Weights::new(compute);
        let file = SafeTensors::deserialize(&self.bytes).expect("a valid file");
        for name in file
            .names()
            .into_iter()
            .filter_map(|name| name.strip_prefix("weight."))
        {
            let (values, dims) = self.values(&format!("weight.{name}"));
            let shape = Shape::new(&dims).expect("a bounded shape");
            let table = name == "txt_embedder.weight"
                && matches!(self.config.text, TextConfig::Table { .. });
            let (rows, columns) = shape.matrix();
            let encoded;
            let (layout, values) = if dims.len() < 2 || table || name == "mask_token" {
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

/// Compares one output with the fixture's; the message says how far off it is.
fn compare<const D: usize>(
    fixture: &Fixture,
    name: &str,
    part: &str,
    output: Tensor<D>,
    tolerance: f64,
) {
    let (reference, shape) = fixture.values(&format!("output.{part}"));
    assert_eq!(output.dims().as_slice(), shape, "{name}: shape of {part}");
    let output: Vec<f32> = output.into_data().try_to_vec().expect("f32");
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

fn parity(name: &str, compute: &Compute, tolerance: f64) {
    let fixture = Fixture::open(name);
    let (network, device) = (fixture.network(compute), compute.device());
    let [height, width] = fixture.config.size;
    let grid = network.grid(height, width);
    let image: Tensor<4> = fixture.tensor("input.image", &device);
    let given: Option<Tensor<4>> =
        (fixture.config.condition > 0).then(|| fixture.tensor("input.given", &device));

    let txt = network
        .encode_text(&fixture.texts())
        .expect("a text that fits");
    compare(&fixture, name, "encoded", txt, tolerance);
    // Each later part starts from the reference's input, so that a fault shows where it is.
    let txt: Tensor<3> = fixture.tensor("output.encoded", &device);
    let embedded = network
        .img_embedder
        .forward(network.with_condition(image.clone(), given.clone()))
        + grid.positions.clone();
    compare(&fixture, name, "embedded", embedded, tolerance);
    let embedded = fixture.tensor("output.embedded", &device);
    let (joint_img, joint_txt) =
        network.double_blocks[0].forward(embedded, txt.clone(), &grid.rotary);
    compare(&fixture, name, "joint_img", joint_img, tolerance);
    compare(&fixture, name, "joint_txt", joint_txt, tolerance);
    compare(
        &fixture,
        name,
        "clean",
        network.forward(image, given, txt, &grid),
        tolerance,
    );
    assert_eq!(
        compute.check(),
        Ok(()),
        "{name}: the device reported a fault"
    );
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
        parity(name, &Compute::Cpu, TOLERANCE_CPU);
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
        let mut weights = Weights::new(&Compute::Cpu);
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
    let sound = Fixture::open("square_rgb").config;
    let broken: [fn(&mut MmJitConfig); 9] = [
        |c| c.channels = 5,
        |c| c.condition = 3,
        |c| c.patch = 0,
        |c| c.width = usize::MAX,
        |c| c.heads = 3,
        |c| (c.heads, c.head_dim) = (1, 30),
        |c| c.depth = 1 << 40,
        |c| c.size = [17, 16],
        |c| c.text = TextConfig::Table { vocab: 1 << 40 },
    ];
    for break_ in broken {
        let mut config = sound.clone();
        break_(&mut config);
        assert_eq!(
            config.validate().expect_err("must be refused").code(),
            "model.config",
            "{config:?}"
        );
    }
}
