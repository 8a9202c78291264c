//! Launches `linear.wgsl`.

use burn::backend::wgpu::{CubeTensor, KernelSource, SourceTemplate, Wgpu, into_contiguous};
use burn::tensor::{DType, Shape, Tensor};
use burn_cubecl::CubeDevice;
use cubecl::prelude::KernelId;
use cubecl::server::Handle;
use image2_package::blocks::Format;

use super::{Matrix, Packed};
use crate::launch::{launch, padded_to_words};

// One tile's size is a balance: 32 x 64 fills the 16 KiB of workgroup memory that every device
// has to three quarters, and reads each value of x once for 64 columns.
const TILE_ROWS: u32 = 32;
const TILE_COLUMNS: u32 = 64;

#[derive(Debug)]
pub(super) struct Weights {
    words: Handle,
    scales: Option<Handle>,
}

impl Weights {
    pub(super) fn new(packed: &Packed<'_>, device: &CubeDevice) -> Self {
        let client = device.client();
        Self {
            words: client.create_from_slice(packed.values),
            scales: (!packed.scales.is_empty())
                .then(|| client.create_from_slice(&padded_to_words(packed.scales))),
        }
    }

    /// # Shapes
    /// - x: `[m, columns]`, output: `[m, rows]`
    pub(super) fn linear(
        &self,
        x: Tensor<2>,
        bias: Option<&Tensor<1>>,
        matrix: &Matrix,
    ) -> Tensor<2> {
        let [m, k] = x.dims();
        let n = matrix.rows;
        let x = primitive(x);
        let y = CubeTensor::new_contiguous(
            x.client.clone(),
            x.device.clone(),
            Shape::from([m, n]),
            x.client.empty(m * n * size_of::<f32>()),
            DType::F32,
        );
        let kernel = Linear {
            format: matrix.format,
            bias: bias.is_some(),
        };
        let mut buffers = vec![
            x.handle.clone().binding(),
            self.words.clone().binding(),
            y.handle.clone().binding(),
        ];
        buffers.extend(self.scales.clone().map(Handle::binding));
        buffers.extend(bias.map(|bias| primitive(bias.clone()).handle.binding()));
        launch(
            &x.client,
            kernel,
            [
                n.div_ceil(TILE_COLUMNS as usize),
                m.div_ceil(TILE_ROWS as usize),
                1,
            ],
            buffers,
            &[m, n, k, k.div_ceil(32)],
        );
        Tensor::from_primitive::<Wgpu>(y)
    }
}

fn primitive<const D: usize>(tensor: Tensor<D>) -> CubeTensor {
    into_contiguous(
        tensor
            .try_into_primitive::<Wgpu>()
            .expect("the tensor lives on the weights' device"),
    )
}

/// One permutation of the kernel. Every field is part of its id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Linear {
    format: Format,
    bias: bool,
}

impl KernelSource for Linear {
    fn source(&self) -> SourceTemplate {
        let decode = match self.format {
            Format::F32 => "return bitcast<vec4<f32>>(packed);",
            Format::F16 => {
                "return vec4(unpack2x16float(packed.x)[j], unpack2x16float(packed.y)[j], \
                 unpack2x16float(packed.z)[j], unpack2x16float(packed.w)[j]);"
            }
            Format::Q8 => {
                "return vec4<f32>(bitcast<vec4<i32>>(packed << vec4(24u - 8u * j)) >> vec4(24u));"
            }
            Format::Q4 => "return vec4<f32>((packed >> vec4(4u * j)) & vec4(15u)) - 8.0;",
        };
        let scale = if self.format.has_scales() {
            "if (column < shape.columns) {
                 let i = block * shape.columns + column;
                 return unpack2x16float(scales[i / 2u])[i % 2u];
             }
             return 0.0;"
        } else {
            "return 1.0;"
        };
        // Buffers that a permutation lacks leave no gap: the next one takes its index.
        let mut next = 3;
        let mut binding = |present: bool, name: &str, element: &str| {
            if !present {
                return String::new();
            }
            let line =
                format!("@group(0) @binding({next}) var<storage, read> {name}: array<{element}>;");
            next += 1;
            line
        };
        let scales_binding = binding(self.format.has_scales(), "scales", "u32");
        let bias_binding = binding(self.bias, "bias", "f32");
        SourceTemplate::new(include_str!("linear.wgsl"))
            .register("decode", decode)
            .register("scale", scale)
            .register("scales_binding", scales_binding)
            .register("bias_binding", bias_binding)
            .register("shape_index", next.to_string())
            .register("add_bias", if self.bias { "+ bias[column]" } else { "" })
            .register("words", (self.format.block_bytes() / 4).to_string())
            .register("tile_rows", TILE_ROWS.to_string())
            .register("tile_columns", TILE_COLUMNS.to_string())
    }

    fn id(&self) -> KernelId {
        KernelId::new::<Self>().info(*self)
    }

    fn lang(&self) -> &'static str {
        "wgsl"
    }
}
