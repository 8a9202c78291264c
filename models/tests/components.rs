//! Packages of components: each is opened by its architecture, alone or with the others, and every
//! contradiction has a code.

mod tiny;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use image2_models::networks::UpscalerSignature;
use image2_models::{Compute, ModelError, Opening, Pipeline, Recipe, Unobserved, open};
use image2_package::{Component, Layout, Package};
use pollster::block_on;
use serde_json::{Value, json};
use tiny::Tiny;

/// Runs `open` on the package in a folder of its own.
fn with<T>(tiny: Tiny, open: impl FnOnce(&Path) -> T) -> T {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("tiny");
    tiny.write(&path);
    open(&path)
}

fn opened(tiny: Tiny) -> Result<Pipeline, ModelError> {
    with(tiny, |path| open::folder(path, &Compute::cpu()))
}

fn draw(pipeline: &Pipeline, change: impl FnOnce(&mut Recipe)) -> Vec<u8> {
    // The size that the network draws: nothing is enlarged.
    let mut recipe = Recipe {
        width: 16,
        height: 16,
        ..pipeline.recipe("red cat", 1)
    };
    change(&mut recipe);
    let picture = block_on(pipeline.generate(&recipe, &mut Unobserved)).expect("no fault");
    picture.expect("a picture").into_rgba()
}

fn files_of(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let read = |entry: std::io::Result<fs::DirEntry>| {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name").to_string_lossy();
        (name.into_owned(), fs::read(&path).expect("a file"))
    };
    folder.read_dir().expect("a folder").map(read).collect()
}

/// The fixture is what this program writes; `IMAGE2_GOLDEN=1` replaces it.
#[test]
fn the_fixture_is_what_this_program_writes() {
    let written = with(Tiny::published(), files_of);
    if std::env::var_os("IMAGE2_GOLDEN").is_some() {
        fs::create_dir_all(tiny::folder()).expect("a folder");
        for (name, bytes) in &written {
            fs::write(tiny::folder().join(name), bytes).expect("a file");
        }
    }
    assert!(written == files_of(&tiny::folder()), "the writer changed");
}

#[test]
fn a_package_opens_with_all_of_its_components() {
    let gpu = block_on(Compute::gpu()).expect("a GPU or a software driver");
    for compute in [Compute::cpu(), gpu] {
        let pipeline = open::folder(&tiny::folder(), &compute).expect("a package");
        let enlarger = pipeline.enlarger().expect("an upscaler");
        let signature = UpscalerSignature {
            channels: 4,
            scale: 4,
            margin: 4,
        };
        assert_eq!(enlarger.network().signature(), signature);
        let size = |recipe: &mut Recipe| (recipe.width, recipe.height) = (64, 48);
        assert_eq!(draw(&pipeline, size).len(), 4 * 64 * 48);
        let limits = pipeline.limits();
        assert_eq!((limits.side_min, limits.side_max), (16, 1024));
        // The memory counts the weights of both networks.
        let alone = opened(Tiny::published().without(Component::Upscaler)).expect("a package");
        assert!(pipeline.memory().weight_bytes > alone.memory().weight_bytes);
        assert!(alone.enlarger().is_none());
    }
}

#[test]
fn an_upscaler_opens_alone_and_needs_only_its_own_files() {
    let compute = Compute::cpu();
    open::upscaler(&tiny::folder(), &compute).expect("an upscaler");
    let only = Tiny::new()
        .without(Component::Denoiser)
        .without(Component::Text);
    with(only, |path| open::upscaler(path, &compute)).expect("an upscaler");

    let package = Package::open_dir(tiny::folder()).expect("a package");
    let manifest = package.manifest();
    let names = |opening: &Opening| -> Vec<String> {
        opening.files().map(|file| file.name.clone()).collect()
    };
    let all = Opening::new(manifest.clone(), &compute).expect("known");
    let [denoiser, upscaler] = ["weights-00000.safetensors", "weights-00001.safetensors"];
    assert_eq!(names(&all), ["tokenizer.json", denoiser, upscaler]);
    let mut alone = Opening::upscaler(manifest.clone(), &compute).expect("known");
    assert_eq!(names(&alone), [upscaler]);
    // Its file is verified as any other.
    let mut bytes = package.read_file(upscaler).expect("intact");
    bytes[99] ^= 1;
    let error = alone.add(upscaler, &bytes).expect_err("changed");
    assert_eq!(error.code(), "package.tampered");
    bytes[99] ^= 1;
    alone.add(upscaler, &bytes).expect("intact");
    let unread = Opening::upscaler(manifest.clone(), &compute).expect("known");
    let error = unread.finish_upscaler().expect_err("no weights");
    assert_eq!(error.code(), "model.weight");
    alone.finish_upscaler().expect("an upscaler");
}

#[test]
fn a_missing_component_is_named() {
    for component in Component::ALL {
        let error = match component {
            Component::Upscaler => {
                let tiny = Tiny::new().without(component);
                with(tiny, |path| open::upscaler(path, &Compute::cpu()).map(drop))
            }
            Component::Denoiser | Component::Text => {
                opened(Tiny::new().without(component)).map(drop)
            }
        };
        let error = error.expect_err("missing");
        assert_eq!(error.code(), "model.component");
        assert_eq!(error.arguments()["component"], component.name());
    }
}

/// Changes one thing about a package.
type Change = fn(&mut Tiny);

#[test]
fn an_upscaler_that_contradicts_its_description_is_refused() {
    let changes: [(Change, &str, Value); 12] = [
        (
            |tiny| tiny.upscaler()["scale"] = 2.into(),
            "model.config",
            json!({ "fault": "mismatch", "field": "scale", "network": 4, "package": 2 }),
        ),
        (
            |tiny| tiny.upscaler()["picture"]["channels"] = "rgb".into(),
            "model.config",
            json!({ "fault": "mismatch", "field": "channels", "network": 4, "package": 3 }),
        ),
        (
            |tiny| tiny.upscaler()["picture"]["range"] = json!([-1.0, 1.0]),
            "model.config",
            json!({ "fault": "picture_range", "low": -1.0, "high": 1.0, "expected": [0.0, 1.0] }),
        ),
        (
            |tiny| tiny.upscaler()["picture"]["premultiplied"] = false.into(),
            "model.config",
            json!({ "fault": "straight" }),
        ),
        (
            |tiny| tiny.upscaler()["config"]["width"] = 0.into(),
            "model.config",
            json!({ "fault": "range", "field": "width", "found": 0, "low": 1, "high": 4096 }),
        ),
        (
            |tiny| tiny.upscaler()["config"]["channels"] = 5.into(),
            "model.config",
            json!({ "fault": "channels", "channels": 5 }),
        ),
        (
            |tiny| tiny.upscaler()["architecture"] = "mm-jit".into(),
            "model.architecture",
            json!({ "architecture": "mm-jit" }),
        ),
        // The network and its description are larger than the weights.
        (
            |tiny| tiny.upscaler()["config"]["depth"] = 3.into(),
            "model.weight",
            json!({ "fault": "shape", "tensor": "upscaler.body.6.weight",
                    "found": [64, 8, 3, 3], "expected": [8, 8, 3, 3] }),
        ),
        (
            |tiny| tiny.upscaler.retain(|(name, ..)| name != "body.3.weight"),
            "model.weight",
            json!({ "fault": "missing", "tensor": "upscaler.body.3.weight" }),
        ),
        (
            |tiny| tiny.upscaler[4].1 = vec![8, 8, 9, 1],
            "model.weight",
            json!({ "fault": "shape", "tensor": "upscaler.body.2.weight",
                    "found": [8, 8, 9, 1], "expected": [8, 8, 3, 3] }),
        ),
        (
            |tiny| tiny.upscaler[0].1 = vec![2, 4],
            "model.weight",
            json!({ "fault": "shape", "tensor": "upscaler.body.0.bias", "found": [2, 4], "expected": [8] }),
        ),
        (
            |tiny| tiny.kernels = Layout::Blocks,
            "model.weight",
            json!({ "fault": "order", "tensor": "upscaler.body.0.weight" }),
        ),
    ];
    for (i, (change, code, arguments)) in changes.into_iter().enumerate() {
        let mut tiny = Tiny::new();
        change(&mut tiny);
        let errors = with(tiny, |path| {
            let compute = Compute::cpu();
            [
                open::folder(path, &compute).map(drop),
                open::upscaler(path, &compute).map(drop),
            ]
        });
        for error in errors {
            let error = error.expect_err("must be refused");
            assert_eq!(error.code(), code, "change {i}: {error}");
            assert_eq!(Value::Object(error.arguments()), arguments, "change {i}");
        }
    }
}

#[test]
fn a_denoiser_that_contradicts_its_description_is_refused() {
    let sizes = json!({
        "height": 16, "width": 16, "multiple": 4, "side_min": 4, "side_max": 64, "area_max": 1024,
    });
    let refused = |change: &dyn Fn(&mut Tiny)| {
        let mut tiny = Tiny::new();
        tiny.denoiser()["sizes"] = sizes.clone();
        change(&mut tiny);
        Value::Object(opened(tiny).expect_err("must be refused").arguments())
    };
    let mismatch = json!({ "fault": "mismatch", "field": "size", "network": 16, "package": 20 });
    assert_eq!(
        refused(&|tiny| tiny.denoiser()["sizes"]["width"] = 20.into()),
        mismatch
    );
    let huge = |tiny: &mut Tiny| {
        tiny.denoiser()["config"]["size"] = json!([4112, 16]);
        tiny.denoiser()["sizes"] = json!({
            "height": 4112, "width": 16, "multiple": 4, "side_min": 4, "side_max": 8192, "area_max": 65_792,
        });
    };
    assert_eq!(
        refused(&huge),
        json!({ "fault": "range", "field": "size", "found": 4112, "low": 1, "high": 4096 }),
        "larger than any enlarged picture"
    );
    let multiple = |tiny: &mut Tiny| {
        tiny.denoiser()["sizes"] = json!({
            "height": 16, "width": 16, "multiple": 2, "side_min": 4, "side_max": 64, "area_max": 1024,
        });
    };
    let multiple = refused(&multiple);
    assert_eq!(
        (&multiple["fault"], &multiple["of"]),
        (&"multiple".into(), &4.into())
    );
    // Without inputs for what is known of a picture, it can neither complete nor follow one.
    let unable = refused(&|tiny| {
        tiny.denoiser()["config"]["condition"] = 0.into();
    });
    assert_eq!(unable, json!({ "fault": "unable", "field": "masks" }));
}

#[test]
fn the_model_s_times_hold_for_its_own_number_of_steps() {
    let timed = |times: Value| {
        let mut tiny = Tiny::new();
        tiny.denoiser()["sampler"]["times"] = times;
        opened(tiny).expect("a package")
    };
    let [even, bent] = [Value::Null, json!([0.0, 0.1, 0.2, 1.0])].map(timed);
    assert_ne!(draw(&even, |_| {}), draw(&bent, |_| {}));
    let other = |recipe: &mut Recipe| recipe.steps = 4;
    assert_eq!(draw(&even, other), draw(&bent, other));
    // The same times, said or not.
    let said = timed(json!([0.0, 1.0 / 3.0, 2.0 / 3.0, 1.0]));
    assert_eq!(draw(&even, |_| {}), draw(&said, |_| {}));
}

/// The weights are the same; version 1 had no components.
#[test]
fn version_1_draws_the_same_picture() {
    let folder = tiny::folder().with_file_name("tiny-v1");
    let [old, new] = [folder, tiny::folder()]
        .map(|folder| open::folder(&folder, &Compute::cpu()).expect("a package"));
    assert_eq!([&old, &new].map(|it| it.manifest().version()), [1, 2]);
    assert_eq!(draw(&old, |_| {}), draw(&new, |_| {}));
    assert!(old.enlarger().is_none());
}
