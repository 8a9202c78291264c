//! What every kernel's launch has in common.

use std::borrow::Cow;

use burn::backend::wgpu::{CubeDim, KernelSource, SourceKernel};
use cubecl::CubeCount;
use cubecl::client::Client;
use cubecl::server::{BufferBinding, KernelArguments, MetadataBindingInfo};

/// WebGPU's guaranteed limit of workgroups in one dimension of a dispatch.
const WORKGROUPS_MAX: usize = 65_535;

/// Queues one dispatch. `buffers` take the bindings from 0 on, `sizes` the one after them, as
/// consecutive `u32`s.
///
/// # Panics
/// If a dimension has more workgroups than WebGPU guarantees, or a size does not fit in 32 bits:
/// both are programming errors, because packages and requests are bounded before.
pub(crate) fn launch(
    client: &Client,
    kernel: impl KernelSource,
    workgroups: [usize; 3],
    buffers: Vec<BufferBinding>,
    sizes: &[usize],
) {
    let sizes: Vec<u32> = sizes
        .iter()
        .map(|&size| size.try_into().expect("a size fits in 32 bits"))
        .collect();
    let words = sizes
        .chunks(2)
        .map(|pair| u64::from(pair[0]) | u64::from(*pair.get(1).unwrap_or(&0)) << 32);
    client.launch(
        Box::new(SourceKernel::new(kernel, CubeDim::new_1d(1))),
        dispatch(workgroups),
        KernelArguments::new()
            .with_buffers(buffers)
            .with_info(MetadataBindingInfo::custom(words.collect())),
    );
}

fn dispatch(workgroups: [usize; 3]) -> CubeCount {
    assert!(
        workgroups.iter().all(|&count| count <= WORKGROUPS_MAX),
        "too many workgroups: {workgroups:?}"
    );
    let [x, y, z] = workgroups.map(|count| count as u32);
    CubeCount::Static(x, y, z)
}

/// Buffers hold whole 32-bit words.
pub(crate) fn padded_to_words(bytes: &[u8]) -> Cow<'_, [u8]> {
    if bytes.len().is_multiple_of(4) {
        return Cow::Borrowed(bytes);
    }
    let mut padded = bytes.to_vec();
    padded.resize(bytes.len().next_multiple_of(4), 0);
    Cow::Owned(padded)
}

#[cfg(test)]
mod tests {
    use burn::backend::wgpu::{CubeTensor, SourceTemplate, Wgpu};
    use burn::tensor::{DType, Shape, Tensor};
    use cubecl::prelude::KernelId;

    use super::*;
    use crate::Compute;

    struct Broken;

    impl KernelSource for Broken {
        fn source(&self) -> SourceTemplate {
            SourceTemplate::new("@compute @workgroup_size(1) fn main() { no_such_function(); }")
        }

        fn id(&self) -> KernelId {
            KernelId::new::<Self>()
        }

        fn lang(&self) -> &'static str {
            "wgsl"
        }
    }

    /// What a driver that refuses a shader looks like from here: never as a result.
    #[test]
    fn an_invalid_shader_is_an_error_at_the_readback() {
        let compute = pollster::block_on(Compute::gpu()).expect("a GPU or a software driver");
        let like = Tensor::<1>::ones([4], &compute.device());
        let like = like.try_into_primitive::<Wgpu>().expect("on the GPU");
        let handle = like.client.empty(16);
        let output = CubeTensor::new_contiguous(
            like.client.clone(),
            like.device.clone(),
            Shape::from([4]),
            handle,
            DType::F32,
        );
        launch(
            &like.client,
            Broken,
            [1, 1, 1],
            vec![output.handle.clone().binding()],
            &[4],
        );
        let output = Tensor::<1>::from_primitive::<Wgpu>(output);
        let read = pollster::block_on(output.into_data_async());
        assert!(
            read.is_err() || compute.check().is_err(),
            "{read:?} was believed"
        );
    }

    #[test]
    fn bytes_are_padded_to_whole_words() {
        assert_eq!(*padded_to_words(&[1, 2, 3, 4]), [1, 2, 3, 4]);
        assert_eq!(*padded_to_words(&[1, 2, 3, 4, 5]), [1, 2, 3, 4, 5, 0, 0, 0]);
    }

    #[test]
    #[should_panic(expected = "too many workgroups")]
    fn a_dispatch_beyond_the_guaranteed_limit_is_refused() {
        let _ = dispatch([1, 65_536, 1]);
    }
}
