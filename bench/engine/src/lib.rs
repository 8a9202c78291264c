//! The engine for comparisons: one pass of a network, or one kernel, with inputs and timing from
//! outside. The product's worker adds noise, sampler and previews to the same pass.

use std::sync::Arc;

use image2_models::{Compute, Opening};
use image2_package::Manifest;
use image2_package::blocks::{self, Format};
use image2_shaders::ops::{Attention, Linear, Sequence};
use image2_shaders::{Executable, Graph, LinearWeights, Resident, Weight, WeightBytes};
use wasm_bindgen::prelude::{JsError, wasm_bindgen};

type Result<T> = std::result::Result<T, JsError>;

/// The device of a pass.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Device(Compute);

#[wasm_bindgen]
impl Device {
    /// The GPU that the browser prefers for work.
    ///
    /// # Errors
    /// If there is no GPU.
    pub async fn gpu() -> Result<Device> {
        Ok(Self(Compute::gpu().await?))
    }

    /// One thread of the processor.
    #[must_use]
    pub fn cpu() -> Device {
        Self(Compute::cpu())
    }

    /// The peak rate of a GPU, in operations a second.
    ///
    /// # Errors
    /// The device's faults.
    pub async fn peak(&self) -> Result<Option<f64>> {
        Ok(self.0.peak_flops().await?)
    }
}

/// A package while it is read.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Loading {
    compute: Compute,
    opening: Opening,
}

#[wasm_bindgen]
impl Loading {
    /// # Errors
    /// If the manifest is not one, or its network is unknown.
    #[wasm_bindgen(constructor)]
    pub fn new(device: &Device, manifest: &[u8]) -> Result<Loading> {
        let opening = Opening::new(Manifest::parse(manifest)?, &device.0)?;
        Ok(Self {
            compute: device.0.clone(),
            opening,
        })
    }

    /// Reads the upscaler alone, for [`finish_upscaler`](Self::finish_upscaler).
    ///
    /// # Errors
    /// As of [`new`](Self::new).
    pub fn upscaler(device: &Device, manifest: &[u8]) -> Result<Loading> {
        let opening = Opening::upscaler(Manifest::parse(manifest)?, &device.0)?;
        Ok(Self {
            compute: device.0.clone(),
            opening,
        })
    }

    /// Names of the files that [`add`](Self::add) expects.
    #[must_use]
    pub fn files(&self) -> Vec<String> {
        self.opening.files().map(|file| file.name.clone()).collect()
    }

    /// # Errors
    /// If the file differs from the manifest.
    pub fn add(&mut self, name: &str, bytes: &[u8]) -> Result<()> {
        Ok(self.opening.add(name, bytes)?)
    }

    /// The pass of one picture of `side` squared, without guidance.
    ///
    /// # Errors
    /// If a weight is missing, and the device's faults.
    pub fn finish(self, side: usize) -> Result<Pass> {
        let pipeline = self.opening.finish()?;
        let network = pipeline.network();
        let (signature, size) = (network.signature(), [side, side]);
        let (patches, values) = (signature.patches(size), signature.patch_values());
        let zeros = |shape| Resident::zeros(&self.compute, shape);
        let x = zeros([patches, values]);
        let txt = zeros([signature.text_length, signature.text_width]);
        let mut graph = Graph::new(&self.compute);
        let clean = zeros([patches, values]);
        let [x_rows, txt_rows, clean_rows] = [&x, &txt, &clean].map(|matrix| {
            let id = graph.resident(matrix);
            graph.rows(id)
        });
        network.record(&mut graph, x_rows, txt_rows, clean_rows, size);
        Pass::new(&self.compute, &graph, vec![x, txt], clean)
    }

    /// The upscaler's pass of a picture of `side` squared.
    ///
    /// # Errors
    /// If a weight is missing, and the device's faults.
    pub fn finish_upscaler(self, side: usize) -> Result<Pass> {
        let enlarger = self.opening.finish_upscaler()?;
        let network = enlarger.network();
        let signature = network.signature();
        let mut graph = Graph::new(&self.compute);
        let [(x, x_image), (y, y_image)] = [side, side * signature.scale].map(|side| {
            let picture = Resident::zeros(&self.compute, [side * side, signature.channels]);
            let id = graph.resident(&picture);
            (picture, graph.image(id, [side, side]))
        });
        network.record(&mut graph, x_image, y_image);
        Pass::new(&self.compute, &graph, vec![x], y)
    }
}

/// A graph to run repeatedly on the same inputs.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Pass {
    executable: Executable,
    flops: u64,
    inputs: Vec<Resident>,
    output: Resident,
    /// Read to wait for all submissions.
    last: Resident,
}

#[wasm_bindgen]
impl Pass {
    /// Values of input number `index`, row by row.
    ///
    /// # Errors
    /// If there is none, or it has another number of values.
    pub fn feed(&self, index: usize, values: &[f32]) -> Result<()> {
        let fitting = |input: &&Resident| input.shape().iter().product::<usize>() == values.len();
        let input = self.inputs.get(index).filter(fitting);
        input
            .ok_or_else(|| JsError::new("no such input"))?
            .write(0, values);
        Ok(())
    }

    /// Submits it so many times; the processor computes at once.
    pub fn run(&self, times: u32) {
        (0..times).for_each(|_| self.executable.run());
    }

    /// Waits for all submissions.
    ///
    /// # Errors
    /// The device's faults.
    pub async fn settle(&self) -> Result<()> {
        self.last.read().await?;
        Ok(())
    }

    /// The last run's output, row by row.
    ///
    /// # Errors
    /// The device's faults.
    pub async fn read(&self) -> Result<Vec<f32>> {
        Ok(self.output.read().await?)
    }

    /// Operations of one run.
    #[must_use]
    pub fn flops(&self) -> f64 {
        self.flops as f64
    }

    /// A product alone: `[rows, inputs]` by weights `[outputs, inputs]`, blocks of `format` (f32, f16,
    /// q8 or q4) as packages store them, with their scales.
    ///
    /// # Errors
    /// If the format is unknown or the weights have another size, and the device's faults.
    pub fn product(
        device: &Device,
        rows: usize,
        inputs: usize,
        outputs: usize,
        format: &str,
        values: &[u8],
        scales: &[u8],
    ) -> Result<Pass> {
        let formats = [Format::F32, Format::F16, Format::Q8, Format::Q4];
        let format = formats.into_iter().find(|known| known.name() == format);
        let format = format.ok_or_else(|| JsError::new("no such format"))?;
        let count = outputs * blocks::blocks_per_row(inputs);
        let scaled = if format.has_scales() { 2 * count } else { 0 };
        if values.len() != count * format.block_bytes() || scales.len() != scaled {
            return Err(JsError::new("weights of another size"));
        }
        let compute = &device.0;
        let bytes = WeightBytes {
            format,
            rows: outputs,
            columns: inputs,
            values,
            scales,
        };
        let x = Resident::zeros(compute, [rows, inputs]);
        let y = Resident::zeros(compute, [rows, outputs]);
        let mut graph = Graph::new(compute);
        let (x_id, y_id) = (graph.resident(&x), graph.resident(&y));
        graph.push(Linear {
            weights: Arc::new(LinearWeights::new(Weight::new(compute, &bytes))),
            x: graph.rows(x_id),
            rms_norm: None,
            residual: None,
            y: graph.rows(y_id),
        });
        Self::new(compute, &graph, vec![x], y)
    }

    /// Attention alone, of heads 64 wide over `tokens`; its input is queries, keys and values side by
    /// side, and its softmax is to the base 2.
    ///
    /// # Errors
    /// The device's faults.
    pub fn attention(device: &Device, heads: usize, tokens: usize) -> Result<Pass> {
        let (compute, head_dim) = (&device.0, 64);
        let qkv = Resident::zeros(compute, [tokens, 3 * heads * head_dim]);
        let out = Resident::zeros(compute, [tokens, heads * head_dim]);
        let mut graph = Graph::new(compute);
        let op = Attention {
            qkv: graph.resident(&qkv),
            out: graph.resident(&out),
            heads,
            head_dim,
            sequence: Sequence {
                text: [0, 0],
                picture: [0, tokens],
                batch: 1,
            },
            pictures_only: false,
        };
        graph.push(op);
        Self::new(compute, &graph, vec![qkv], out)
    }
}

impl Pass {
    fn new(
        compute: &Compute,
        graph: &Graph,
        inputs: Vec<Resident>,
        output: Resident,
    ) -> Result<Self> {
        Ok(Self {
            executable: graph.compile()?,
            flops: graph.flops(),
            inputs,
            output,
            last: Resident::zeros(compute, [1, 1]),
        })
    }
}
