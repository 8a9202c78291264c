//! Manifest, header and shard reader on arbitrary bytes; see `image2_package::fuzzing`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| image2_package::fuzzing::fuzz_entry(data));
