//! The comparison's single kernels in plain burn: dense tensors in f32, its own matmul and attention,
//! without fusion and without autotuning, which a browser does not allow.

use burn::tensor::module::attention;
use burn::tensor::ops::AttentionModuleOptions;
use burn::tensor::{Device, Tensor, TensorData};
use image2_package::blocks::{self, Format};
use wasm_bindgen::prelude::{JsError, wasm_bindgen};

const HEAD_DIM: usize = 64;

/// An open GPU.
#[wasm_bindgen]
pub struct Gpu(Device);

/// A kernel to run repeatedly on the same inputs.
#[wasm_bindgen]
pub struct Work {
    device: Device,
    kernel: Kernel,
    inputs: Vec<Tensor<2>>,
    last: Option<Tensor<2>>,
}

enum Kernel {
    /// A product with weights `[inputs, outputs]`.
    Product(Tensor<2>),
    Attention {
        heads: usize,
    },
}

#[wasm_bindgen]
impl Gpu {
    /// # Errors
    /// If there is no GPU.
    pub async fn open() -> Result<Gpu, JsError> {
        Ok(Self(Device::wgpu_options().init_async().await?))
    }
}

#[wasm_bindgen]
impl Work {
    /// A product with weights `[outputs, inputs]`, which are blocks of `format` as packages store them and
    /// are decoded.
    ///
    /// # Errors
    /// If the format is unknown.
    pub fn product(
        gpu: &Gpu,
        inputs: usize,
        outputs: usize,
        format: &str,
        values: &[u8],
        scales: &[u8],
    ) -> Result<Work, JsError> {
        let formats = [Format::F32, Format::F16, Format::Q8, Format::Q4];
        let format = formats.into_iter().find(|known| known.name() == format);
        let format = format.ok_or_else(|| JsError::new("no such format"))?;
        let dense = blocks::decode(format, outputs, inputs, values, scales);
        let weights = matrix(&gpu.0, dense, outputs, inputs);
        // In the layout that matmul reads, rather than a view that is transposed each time.
        let turned = weights.transpose().mul_scalar(1.0);
        Ok(Self::new(gpu, Kernel::Product(turned)))
    }

    /// Attention with a softmax to the base 2, on queries, keys and values of `heads` heads.
    pub fn attention(gpu: &Gpu, heads: usize) -> Work {
        Self::new(gpu, Kernel::Attention { heads })
    }

    fn new(gpu: &Gpu, kernel: Kernel) -> Self {
        Self {
            device: gpu.0.clone(),
            kernel,
            inputs: Vec::new(),
            last: None,
        }
    }

    /// Adds an input of `columns` columns.
    pub fn feed(&mut self, values: &[f32], columns: usize) {
        let rows = values.len() / columns;
        let input = matrix(&self.device, values.to_vec(), rows, columns);
        self.inputs.push(input);
    }

    /// Submits it so many times.
    pub fn run(&mut self, times: u32) {
        for _ in 0..times {
            self.last = Some(self.kernel.run(&self.inputs));
        }
    }

    /// Waits for all submissions.
    ///
    /// # Errors
    /// The device's.
    pub async fn settle(&self) -> Result<(), JsError> {
        if let Some(last) = self.last.clone() {
            last.slice([0..1, 0..1]).into_data_async().await?;
        }
        Ok(())
    }

    /// The last run's output.
    ///
    /// # Errors
    /// The device's, or if nothing ran.
    pub async fn read(&self) -> Result<Vec<f32>, JsError> {
        let last = self.last.clone();
        let last = last.ok_or_else(|| JsError::new("nothing ran"))?;
        Ok(last.into_data_async().await?.try_to_vec::<f32>()?)
    }
}

impl Kernel {
    fn run(&self, inputs: &[Tensor<2>]) -> Tensor<2> {
        match self {
            Self::Product(weights) => inputs[0].clone().matmul(weights.clone()),
            Self::Attention { heads } => {
                let [tokens, width] = inputs[0].dims();
                let split = |input: &Tensor<2>| -> Tensor<4> {
                    let parts: Tensor<4> = input.clone().reshape([1, tokens, *heads, HEAD_DIM]);
                    parts.swap_dims(1, 2)
                };
                let options = AttentionModuleOptions {
                    scale: Some(std::f64::consts::LN_2),
                    ..Default::default()
                };
                let [q, k, v] = [&inputs[0], &inputs[1], &inputs[2]].map(split);
                let mixed = attention(q, k, v, None, None, options);
                mixed.swap_dims(1, 2).reshape([tokens, width])
            }
        }
    }
}

fn matrix(device: &Device, values: Vec<f32>, rows: usize, columns: usize) -> Tensor<2> {
    Tensor::from_data(TensorData::new(values, [rows, columns]), device)
}
