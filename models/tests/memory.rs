//! Memory while a model goes to a device, counted: one file at a time, and no copy of its size.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use image2_models::{Compute, Opening};
use image2_package::{About, Component, FileEntry, Format, PackageWriter, Shape};
use pollster::block_on;
use serde_json::json;

/// Counts the bytes in use and their peak.
struct Counting;

static IN_USE: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

fn grow(bytes: usize) {
    PEAK.fetch_max(IN_USE.fetch_add(bytes, Relaxed) + bytes, Relaxed);
}

// SAFETY: every call is passed on to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        grow(layout.size());
        // SAFETY: the caller keeps `alloc`'s contract.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        IN_USE.fetch_sub(layout.size(), Relaxed);
        // SAFETY: the caller keeps `dealloc`'s contract.
        unsafe { System.dealloc(at, layout) }
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // Both exist while the bytes move, as they do in wasm.
        grow(size);
        IN_USE.fetch_sub(layout.size(), Relaxed);
        // SAFETY: the caller keeps `realloc`'s contract.
        unsafe { System.realloc(at, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// More than a shard holds, unless it is alone in one.
const LARGEST_BYTES: usize = 40 << 20;
/// What else may be needed for a moment: a shard's header, tables, the driver.
const ROOM_BYTES: usize = 4 << 20;

fn package(folder: &std::path::Path) -> image2_package::Manifest {
    let about = json!({
        "name": "large", "title": "Large", "licence": "MIT",
        "components": {
            "denoiser": {
                "architecture": "mm-jit",
                "config": {
                    "size": [16, 16], "channels": 3, "patch": 4, "width": 32, "bottleneck": 8,
                    "depth": 2, "preamble": 1, "heads": 2, "head_dim": 16, "mlp_hidden": 48,
                    "text_length": 5, "text": { "kind": "table", "vocab": 3 },
                },
                "picture": { "channels": "rgb", "premultiplied": false, "range": [-1.0, 1.0] },
                "noise_scale": 1.0,
                "sampler": { "method": "euler", "steps": 3, "guidance": 2.0, "guidance_interval": [0.0, 1.0] },
            },
            "text": { "tokenizer": { "kind": "words", "file": "tokenizer.json", "length": 5 } },
        },
    });
    let about: About = serde_json::from_value(about).expect("an About");
    let mut writer = PackageWriter::create(folder).expect("a new folder");
    let tokenizer = br#"{"model":{"type":"WordLevel","vocab":{"[PAD]":0,"red":1,"cat":2}}}"#;
    writer
        .add_file("tokenizer.json", tokenizer)
        .expect("written");
    for (name, bytes) in [
        ("a", 12 << 20),
        ("b", 12 << 20),
        ("large", LARGEST_BYTES),
        ("c", 12 << 20),
    ] {
        let shape = Shape::new(&[bytes / 4096, 1024]).expect("bounded");
        let blocks = image2_package::Layout::Blocks;
        let fill = |sink: &mut image2_package::TensorSink<'_>| {
            let part = vec![0; 1 << 20];
            for _ in 0..bytes / part.len() {
                sink.write(&part)?;
            }
            Ok(Vec::new())
        };
        writer
            .add_tensor(Component::Denoiser, name, shape, Format::F32, blocks, fill)
            .expect("written");
    }
    writer.finish(about).expect("a package")
}

#[test]
fn a_file_goes_to_the_device_without_a_copy_of_its_size() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("large");
    let manifest = package(&path);
    let compute = block_on(Compute::gpu()).expect("a GPU or a software driver");
    let mut opening = Opening::new(manifest, &compute).expect("a known architecture");
    let files: Vec<FileEntry> = opening.files().cloned().collect();
    assert!(files.len() > 3, "several shards: {}", files.len());
    let on_device = || compute.allocated_bytes().expect("wgpu's own allocator");
    let mut largest = 0;
    for file in files {
        let bytes = std::fs::read(path.join(&file.name)).expect("the file");
        let (before, device_before) = (IN_USE.load(Relaxed), on_device());
        PEAK.store(before, Relaxed);
        opening.add(&file.name, &bytes).expect("intact");
        let heap = PEAK.load(Relaxed) - before;
        assert!(heap <= ROOM_BYTES, "{heap} bytes for {}", file.name);
        let device = (on_device() - device_before) as usize;
        assert!(
            device <= bytes.len(),
            "{device} bytes on the device for {}",
            file.name
        );
        largest = largest.max(bytes.len() + heap);
    }
    assert!(largest < 2 * LARGEST_BYTES, "{largest}");
}
