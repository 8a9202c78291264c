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
    assert!(
        workgroups.iter().all(|&count| count <= WORKGROUPS_MAX),
        "too many workgroups: {workgroups:?}"
    );
    let [x, y, z] = workgroups.map(|count| count as u32);
    let sizes: Vec<u32> = sizes
        .iter()
        .map(|&size| size.try_into().expect("a size fits in 32 bits"))
        .collect();
    let words = sizes
        .chunks(2)
        .map(|pair| u64::from(pair[0]) | u64::from(*pair.get(1).unwrap_or(&0)) << 32);
    client.launch(
        Box::new(SourceKernel::new(kernel, CubeDim::new_1d(1))),
        CubeCount::Static(x, y, z),
        KernelArguments::new()
            .with_buffers(buffers)
            .with_info(MetadataBindingInfo::custom(words.collect())),
    );
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
