//! Parity with the PyTorch reference (`training/upscaler/fixture.py`) on every device of this machine.

use image2_package::blocks::Format;
use image2_package::{Component, Layout, Shape, TensorBytes};
use image2_shaders::{Compute, Graph, Resident};
use safetensors::SafeTensors;

use super::SrvggConfig;
use crate::networks::{Upscaler, UpscalerConfig};
use crate::weights::Weights;

const FIXTURE: &[u8] = include_bytes!("../../../tests/fixtures/srvgg/tiny.safetensors");

/// ‖out − ref‖ / ‖ref‖; the reference is computed in f64. The processor's convolutions round weights and
/// values to 16 bits or less.
const TOLERANCE_CPU: f64 = 1e-3;
/// A GPU may contract and reorder sums.
const TOLERANCE_GPU: f64 = 1e-5;

fn values(file: &SafeTensors<'_>, name: &str) -> Vec<f32> {
    let data = file.tensor(name).expect(name).data();
    data.as_chunks()
        .0
        .iter()
        .map(|bytes| f32::from_le_bytes(*bytes))
        .collect()
}

/// `[channels, pixels]` to `[pixels, channels]`.
fn interleaved(planes: &[f32], channels: usize) -> Vec<f32> {
    let pixels = planes.len() / channels;
    let value = |i: usize| planes[i % channels * pixels + i / channels];
    (0..planes.len()).map(value).collect()
}

fn load(file: &SafeTensors<'_>, compute: &Compute) -> Box<dyn Upscaler> {
    let (_, header) = SafeTensors::read_metadata(FIXTURE).expect("a valid header");
    let text = &header.metadata().as_ref().expect("metadata")["config"];
    let config = serde_json::from_str(text).expect("JSON");
    let config = SrvggConfig::from_json(&config).expect("a valid config");
    let mut weights = Weights::new(compute, Component::Upscaler, &[]);
    for name in file.names() {
        let Some(own) = name.strip_prefix("weight.") else {
            continue;
        };
        let view = file.tensor(name).expect(name);
        let bytes = TensorBytes {
            shape: Shape::new(view.shape()).expect("a shape"),
            format: Format::F32,
            layout: Layout::Plain,
            values: view.data(),
            scales: None,
        };
        weights.add(own, &bytes).expect("a weight that fits");
    }
    config.load(&weights.loader()).expect("a whole network")
}

#[test]
fn the_network_computes_what_pytorch_computes() {
    let file = SafeTensors::deserialize(FIXTURE).expect("a valid file");
    let gpu = pollster::block_on(Compute::gpu()).expect("a GPU or a software driver");
    for (compute, tolerance) in [(Compute::cpu(), TOLERANCE_CPU), (gpu, TOLERANCE_GPU)] {
        let network = load(&file, &compute);
        let [.., height, width] = *file.tensor("input.image").expect("an input").shape() else {
            panic!("an image has four dimensions");
        };
        let input = interleaved(&values(&file, "input.image"), 4);
        let input = Resident::new(&compute, [height * width, 4], &input);
        let output = Resident::zeros(&compute, [16 * height * width, 4]);
        let mut graph = Graph::new(&compute);
        let [x, y] = [&input, &output].map(|it| graph.resident(it));
        let x = graph.image(x, [height, width]);
        let y = graph.image(y, [4 * height, 4 * width]);
        network.record(&mut graph, x, y);
        graph.compile().expect("no fault").run();
        let found = pollster::block_on(output.read()).expect("no fault");
        let expected = interleaved(&values(&file, "output.enlarged"), 4);
        assert_eq!(found.len(), expected.len());
        let pairs = found.iter().zip(&expected);
        let squares = |value: f32| f64::from(value) * f64::from(value);
        let error: f64 = pairs.map(|(a, b)| squares(a - b)).sum();
        let norm: f64 = expected.iter().map(|&value| squares(value)).sum();
        let error = (error / norm).sqrt();
        println!("cpu {}: {error:e}", compute.is_cpu());
        assert!(error < tolerance, "cpu {}: {error}", compute.is_cpu());
    }
}
