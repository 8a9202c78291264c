//! Upper bounds on the numbers in a package, each with its reason.
//!
//! They stop a hostile or broken file before it costs memory. A model beyond them runs on no
//! supported device.

/// `manifest.json`: 65,536 tensors at about 100 bytes each still fit.
pub const MANIFEST_BYTES: u64 = 8 << 20;
/// The `config` value in the manifest: a parsed JSON value takes up to 16 times its text, so the
/// text is kept small; real configs have some dozens of numbers.
pub const CONFIG_BYTES: usize = 16 << 10;
/// The description in the manifest, everything but files and tensors: parsed, it takes up to 16 times
/// its text as well. Three configs, and looks and colours of 256 words, still fit.
pub const ABOUT_BYTES: usize = 64 << 10;
/// Values in one list of the description: the times of the most steps.
pub const LIST: usize = STEPS as usize + 1;
/// Files in a package: at 32 MiB a shard this is 128 GiB.
pub const FILES: usize = 4096;
/// Tensors in a package: SDXL has about 2,700.
pub const TENSORS: usize = 65_536;
/// Entries in one safetensors header: values, scales and padding for each tensor.
pub const HEADER_ENTRIES: usize = 3 * TENSORS;
/// A safetensors header: room for the entries above at about 80 bytes each.
pub const HEADER_BYTES: u64 = 16 << 20;
/// Dimensions of a tensor: a convolution's weights have four.
pub const RANK: usize = 4;
/// One dimension: 64 times the largest vocabulary in use.
pub const DIMENSION: u64 = 1 << 24;
/// The smallest chunk: below this the hashes outweigh what they protect.
pub const CHUNK_BYTES_MIN: u64 = 64 << 10;
/// The largest chunk: it is held in memory until its hash is known.
pub const CHUNK_BYTES_MAX: u64 = 16 << 20;
/// One file: the most that a 32-bit process can address in one buffer.
pub const FILE_BYTES: u64 = i32::MAX as u64;
/// A file's name: short enough for every file system, with room for a temporary ending.
pub const FILE_NAME_BYTES: usize = 128;
/// A tensor's name: the longest in the diffusers checkpoints have about 120 bytes.
pub const TENSOR_NAME_BYTES: usize = 256;
/// Title, licence and similar texts shown to the user in one line.
pub const TEXT_BYTES: usize = 256;
/// Steps of a sampler: the longest schedules have 1,000.
pub const STEPS: u32 = 1000;
/// Strength of guidance; pictures saturate far below it.
pub const GUIDANCE: u64 = 100;
/// Tokens in a prompt.
pub const TOKENS: u32 = 4096;
/// The longest side of a picture: far above what any network draws at once.
pub const SIDE: u32 = 1 << 16;
/// The factor of one pass of an upscaler.
pub const SCALE: u32 = 16;
/// Passes of an upscaler in a row: four by four make 256.
pub const PASSES: u32 = 8;
/// Looks, and colours, that a model distinguishes.
pub const WORDS: usize = 256;
/// Things that a model draws, and synonyms for them: English has about as many nouns for things.
pub const NAMES: usize = 1 << 16;
/// The vocabulary of a model: room for the names above.
pub const VOCABULARY_BYTES: u64 = 4 << 20;

/// Whether a text is one line for people, of at most [`TEXT_BYTES`].
pub(crate) fn is_line(text: &str) -> bool {
    !text.is_empty() && text.len() <= TEXT_BYTES && !text.contains(char::is_control)
}
