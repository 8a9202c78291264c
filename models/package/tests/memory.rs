//! Memory, counted: hostile sizes cost nothing, and conversion stays under its bound.

mod common;

use std::alloc::{GlobalAlloc, Layout, System};
use std::fs;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use common::{bare, f32_bytes, numbers, safetensors, write_package};
use image2_package::Component::Denoiser;
use image2_package::fuzzing::fuzz_entry;
use image2_package::{
    ComponentOf, Format, Package, PackageWriter, Plan, SafetensorsFile, quantize,
};

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

/// Tests share the counter, so they take turns.
static TURN: Mutex<()> = Mutex::new(());

/// The most bytes in use during `work`, beyond those before it.
fn peak_of<T>(work: impl FnOnce() -> T) -> (T, usize) {
    let before = IN_USE.load(Relaxed);
    PEAK.store(before, Relaxed);
    let result = work();
    (result, PEAK.load(Relaxed) - before)
}

/// The bytes that the fuzz entry may use for an input. The constant is the description at its limit of
/// 64 KiB: a list of numbers takes 16 times its text, and half as much again while it grows.
fn bound(input: usize) -> usize {
    input * 8 + (3 << 19)
}

#[test]
fn hostile_inputs_cost_little() {
    let _turn = TURN.lock().expect("no test failed");
    let dir = tempfile::tempdir().expect("a folder");
    write_package(dir.path());
    let manifest = fs::read_to_string(dir.path().join("manifest.json")).expect("a manifest");
    let changed = |from: &str, to: &str| {
        assert!(manifest.contains(from), "{from}");
        [&[1], manifest.replacen(from, to, 1).as_bytes()].concat()
    };
    let header = |text: &str| {
        [
            &[2],
            &(text.len() as u64).to_le_bytes()[..],
            text.as_bytes(),
        ]
        .concat()
    };
    let many = |part: &str| part.repeat((2 << 20) / part.len());
    let numbered = |part: &str| -> String {
        (0..30_000)
            .map(|i| part.replace('#', &i.to_string()))
            .collect()
    };
    let file = r#"{"name":"f#","size_bytes":0,"chunk_bytes":65536,"chunks":[]},"#;
    let tensor = r#""t#":{"shape":[1],"format":"f16","layout":"plain","file":1},"#;
    let entry = "\"#\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]},";
    let inputs = [
        // Sizes that are only claims.
        (
            "a header of 2^63 bytes",
            [&[2_u8], &(1_u64 << 63).to_le_bytes()[..]].concat(),
        ),
        (
            "a header of 15 MiB",
            [&[2_u8], &(15_u64 << 20).to_le_bytes()[..]].concat(),
        ),
        (
            "a file of 2 GiB",
            changed("\"size_bytes\":19", "\"size_bytes\":2147483648"),
        ),
        ("a huge matrix", changed("[7,33]", "[16777216,127]")),
        (
            "a huge entry",
            header(
                r#"{"a":{"dtype":"F64","shape":[16777216,128],"data_offsets":[0,17179869184]}}"#,
            ),
        ),
        (
            "offsets that wrap",
            header(r#"{"a":{"dtype":"U8","shape":[2],"data_offsets":[18446744073709551615,1]}}"#),
        ),
        // Texts whose parsed form is larger than they are.
        (
            "a config of numbers",
            changed("\"depth\":[1", &format!("\"depth\":[{}1", many("1,"))),
        ),
        (
            "a config at its limit",
            changed(
                "\"depth\":[1",
                &format!("\"depth\":[{}1", "1,".repeat(8000)),
            ),
        ),
        (
            "a config of lists",
            changed("\"depth\":[1", &format!("\"depth\":[{}1", many("[],"))),
        ),
        ("a deep config", changed("\"depth\":[1", &many("["))),
        (
            "dimensions",
            changed("[7,33]", &format!("[{}1]", many("1,"))),
        ),
        (
            "files",
            changed("\"files\":[", &format!("\"files\":[{}", numbered(file))),
        ),
        (
            "tensors",
            changed(
                "\"tensors\":{\n\"denoiser\":{",
                &format!("\"tensors\":{{\"denoiser\":{{{}", numbered(tensor)),
            ),
        ),
        (
            "components of tensors",
            changed(
                "\"tensors\":{",
                &format!("\"tensors\":{{{}", many("\"text\":{},")),
            ),
        ),
        ("times", changed("[0.0,", &format!("[{}", many("0,")))),
        (
            "a description at its limit",
            changed("[0.0,", &format!("[{}", "0,".repeat(31_000))),
        ),
        (
            "looks at the limit",
            changed(
                "\"looks\":[",
                &format!("\"looks\":[{}", "\"\",".repeat(20_000)),
            ),
        ),
        (
            "looks",
            changed("\"looks\":[", &format!("\"looks\":[{}", many("\"\","))),
        ),
        (
            "a vocabulary of empty names",
            [&b"\x04{\"subjects\":["[..], many("\"\",").as_bytes()].concat(),
        ),
        (
            "a vocabulary of one synonym",
            [
                &b"\x04{\"subjects\":[],\"synonyms\":{"[..],
                many("\"\":\"\",").as_bytes(),
            ]
            .concat(),
        ),
        (
            "empty digests",
            changed("\"chunks\":[", &format!("\"chunks\":[{}", many("\"\","))),
        ),
        ("a long title", changed("Test “model”", &many("x"))),
        (
            "an escaped title",
            changed("Test “model”", &many("\\u0041")),
        ),
        (
            "an unknown field",
            changed("\"licence\":", &format!("\"{}\":", many("\\n"))),
        ),
        (
            "entries",
            header(&format!("{{{}\"z\":0}}", numbered(entry))),
        ),
        (
            "the same entry",
            header(&format!("{{{}\"z\":0}}", many(entry))),
        ),
        (
            "metadata",
            header(&format!("{{\"__metadata__\":[{}0]}}", many("0,"))),
        ),
    ];
    for (what, input) in inputs {
        let ((), peak) = peak_of(|| fuzz_entry(&input));
        assert!(
            peak <= bound(input.len()),
            "{what}: {peak} for {} bytes",
            input.len()
        );
    }
}

#[test]
fn conversion_stays_under_twice_the_largest_tensor() {
    let _turn = TURN.lock().expect("no test failed");
    let dir = tempfile::tempdir().expect("a folder");
    let (rows, cols) = (1024, 1500);
    let tensor_bytes = rows * cols * 4;
    let path = dir.path().join("model.safetensors");
    let weights = f32_bytes(&numbers(rows * cols));
    let shape = [rows, cols];
    let entry = |name| (name, "F32", &shape[..], weights.clone());
    fs::write(
        &path,
        safetensors(&[entry("a.weight"), entry("b.weight"), entry("c.weight")]),
    )
    .expect("a checkpoint");
    drop(weights);

    let mut previous = None;
    for format in [Format::F32, Format::F16, Format::Q8, Format::Q4] {
        let out = dir.path().join(format.name());
        let ((), peak) = peak_of(|| {
            let mut writer = PackageWriter::create(&out).expect("a folder");
            let mut source = SafetensorsFile::open(&path).expect("a header");
            let plan = Plan::uniform(format);
            quantize(&mut source, Denoiser, &plan, &mut writer).expect("quantized");
            writer.finish(bare()).expect("a package");
        });
        // One tensor, its scales (1/64 of it) and buffers of under a megabyte.
        let limit = tensor_bytes + tensor_bytes / 16 + (1 << 20);
        assert!(
            peak <= limit && limit < 2 * tensor_bytes,
            "{format:?}: {peak} of {limit}"
        );

        // From package to package: one shard, which is one tensor or at most 32 MiB.
        if let Some(package) = previous.replace(out.clone()) {
            let again = dir.path().join(format!("{}-again", format.name()));
            let ((), peak) = peak_of(|| {
                let mut writer = PackageWriter::create(&again).expect("a folder");
                let package = &Package::open_dir(&package).expect("a package");
                let component = Denoiser;
                let mut source = ComponentOf { package, component };
                let plan = Plan::uniform(format);
                quantize(&mut source, component, &plan, &mut writer).expect("quantized");
                writer.finish(bare()).expect("a package");
            });
            assert!(peak <= 2 * (32 << 20), "{format:?} again: {peak}");
        }
    }
}
