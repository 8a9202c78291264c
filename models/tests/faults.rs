//! Errors between a package and a picture have codes, and only pictures are returned as pictures.
//! With a network small enough to run in milliseconds.

mod tiny;

use std::ops::ControlFlow;

use image2_models::{Compute, ModelError, Observer, Pipeline, Recipe, Step, Unobserved, open};
use image2_package::{Component, Shape};
use pollster::block_on;
use serde_json::{Value, json};
use tiny::{TOKENIZER, Tiny};

/// Changes one setting of a recipe.
type Change = fn(&mut Recipe);

/// Changes a weight on its way into the package.
type Spoil<'a> = &'a dyn Fn(&str, &mut Vec<f32>);

/// Opens the small package without its upscaler, with the denoiser's description and weights
/// changed.
fn tiny(
    change: &dyn Fn(&mut Value),
    tokenizer: &str,
    spoil: Spoil<'_>,
) -> Result<Pipeline, ModelError> {
    tiny_on(&Compute::cpu(), change, tokenizer, spoil)
}

fn tiny_on(
    compute: &Compute,
    change: &dyn Fn(&mut Value),
    tokenizer: &str,
    spoil: Spoil<'_>,
) -> Result<Pipeline, ModelError> {
    let mut tiny = Tiny::new().without(Component::Upscaler);
    change(&mut tiny.about["components"]);
    tiny.files[0].1 = tokenizer.to_owned();
    for (name, _, values) in &mut tiny.denoiser {
        spoil(name, values);
    }
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("tiny");
    tiny.write(&path);
    open::folder(&path, compute)
}

fn valid() -> Pipeline {
    tiny(&|_| {}, TOKENIZER, &|_, _| {}).expect("a valid package")
}

/// Just above the workgroups of a dispatch: refused by an error, where kernels would panic.
#[test]
fn a_picture_of_too_many_patches_is_refused_beforehand() {
    let gpu = block_on(Compute::gpu()).expect("a GPU or a software driver");
    let many_heads = |about: &mut Value| {
        let config = &mut about["denoiser"]["config"];
        (config["heads"], config["head_dim"]) = (8.into(), 4.into());
        config["size"] = json!([512, 512]);
    };
    let pipeline = tiny_on(&gpu, &many_heads, TOKENIZER, &|_, _| {}).expect("a valid package");
    let error = block_on(pipeline.generate(&pipeline.recipe("cat", 1), &mut Unobserved))
        .expect_err("too many patches");
    assert_eq!(error.code(), "request.patches");
    assert_eq!(error.arguments()["patches"], 16_384);
}

/// Cancels after a number of steps and counts them.
struct Until {
    last: u32,
    seen: u32,
}

impl Observer for Until {
    async fn step(&mut self, step: Step) -> ControlFlow<()> {
        self.seen += 1;
        assert_eq!(step.number, self.seen, "steps come in order");
        if self.seen == self.last {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }
}

#[test]
fn every_step_is_reported_and_a_cancel_takes_effect_within_one() {
    let pipeline = valid();
    let recipe = Recipe {
        steps: 9,
        ..pipeline.recipe("red cat", 1)
    };
    let mut all = Until { last: 100, seen: 0 };
    assert!(
        block_on(pipeline.generate(&recipe, &mut all))
            .expect("a picture")
            .is_some()
    );
    let mut some = Until { last: 4, seen: 0 };
    assert!(
        block_on(pipeline.generate(&recipe, &mut some))
            .expect("no fault")
            .is_none()
    );
    assert_eq!((all.seen, some.seen), (9, 4));
}

#[test]
fn every_part_of_a_recipe_decides_the_picture() {
    let pipeline = valid();
    let draw = |change: &dyn Fn(&mut Recipe)| {
        let mut recipe = pipeline.recipe("red cat", 1);
        change(&mut recipe);
        block_on(pipeline.generate(&recipe, &mut Unobserved))
            .expect("no fault")
            .expect("a picture")
            .into_rgba()
    };
    let first = draw(&|_| {});
    assert_eq!(
        first,
        draw(&|_| {}),
        "the same recipe gives the same picture"
    );
    let changes: [&dyn Fn(&mut Recipe); 6] = [
        &|recipe| recipe.seed = 2,
        &|recipe| recipe.prompt = "cat".into(),
        &|recipe| recipe.steps = 4,
        &|recipe| recipe.sampler = "heun".into(),
        &|recipe| recipe.shift = 2.0,
        &|recipe| recipe.guidance = 1.0,
    ];
    for (i, change) in changes.iter().enumerate() {
        assert_ne!(first, draw(change), "change {i} makes no difference");
    }
    let wide = draw(&|recipe| (recipe.width, recipe.height) = (32, 8));
    assert_eq!(wide.len(), 4 * 32 * 8);
}

#[test]
fn output_that_is_no_picture_is_refused() {
    // Every weight is finite, but their products overflow, which no check of the package can find.
    let overflowing: Spoil<'_> = &|name, values| {
        if name.starts_with("final_layer") {
            values
                .iter_mut()
                .for_each(|value| *value = value.signum() * f32::MAX);
        }
    };
    let silent: Spoil<'_> = &|name, values| {
        if name.starts_with("final_layer") {
            values.fill(0.0);
        }
    };
    let gpu = block_on(Compute::gpu()).expect("a GPU or a software driver");
    for compute in [Compute::cpu(), gpu] {
        for (spoil, fault) in [(overflowing, "non_finite"), (silent, "constant")] {
            let pipeline =
                tiny_on(&compute, &|_| {}, TOKENIZER, spoil).expect("a readable package");
            let mut watcher = Until { last: 9, seen: 0 };
            let error = block_on(pipeline.generate(&pipeline.recipe("cat", 1), &mut watcher))
                .expect_err("no picture");
            assert_eq!((error.code(), watcher.seen), ("engine.output", 0));
            let arguments = error.arguments();
            assert_eq!(
                (&arguments["step"], &arguments["fault"]),
                (&1.into(), &fault.into())
            );
        }
    }
}

#[test]
fn a_drawing_of_nothing_is_no_picture() {
    let transparent: Spoil<'_> = &|name, values| {
        if name == "final_layer.linear.bias" {
            values.fill(-9.0);
        }
    };
    let pipeline = tiny(&|_| {}, TOKENIZER, transparent).expect("a readable package");
    let drawn = block_on(pipeline.generate(&pipeline.recipe("cat", 1), &mut Unobserved));
    assert_eq!(drawn.expect_err("no picture").code(), "engine.empty");
}

#[test]
fn a_package_that_cannot_run_is_refused_with_its_code() {
    let refused = |change: &dyn Fn(&mut Value), tokenizer: &str| {
        tiny(change, tokenizer, &|_, _| {})
            .expect_err("must be refused")
            .code()
    };
    assert_eq!(
        refused(
            &|about| about["denoiser"]["architecture"] = "unet".into(),
            TOKENIZER
        ),
        "model.architecture"
    );
    assert_eq!(
        refused(
            &|about| about["text"]["tokenizer"]["kind"] = "bpe".into(),
            TOKENIZER
        ),
        "model.tokenizer"
    );
    assert_eq!(
        refused(
            &|about| about["text"]["tokenizer"]["kind"] = "characters".into(),
            TOKENIZER
        ),
        "model.tokenizer"
    );
    assert_eq!(refused(&|_| {}, "{}"), "model.tokenizer");
    assert_eq!(
        refused(
            &|about| about["denoiser"]["config"]["depth"] = 3.into(),
            TOKENIZER
        ),
        "model.weight"
    );
    assert_eq!(
        refused(
            &|about| about["denoiser"]["config"]["width"] = 36.into(),
            TOKENIZER
        ),
        "model.config"
    );
    assert_eq!(
        refused(
            &|about| about["denoiser"]["config"]["mystery"] = 1.into(),
            TOKENIZER
        ),
        "model.config"
    );
    assert_eq!(
        refused(
            &|about| about["denoiser"]["picture"]["channels"] = "rgb".into(),
            TOKENIZER
        ),
        "model.config"
    );
    assert_eq!(
        refused(
            &|about| about["denoiser"]["picture"]["range"] = json!([0.0, 1.0]),
            TOKENIZER
        ),
        "model.config"
    );
    assert_eq!(
        refused(
            &|about| about["denoiser"]["sampler"]["steps"] = 900.into(),
            TOKENIZER
        ),
        "model.config"
    );
    let foreign = r#"{"model":{"type":"WordLevel","vocab":{"[PAD]":0,"cat":16777216}}}"#;
    assert_eq!(refused(&|_| {}, foreign), "model.tokenizer");
}

#[test]
fn a_request_outside_the_limits_costs_no_work() {
    let pipeline = valid();
    let changes: [(Change, &str); 9] = [
        (|recipe| recipe.width = 18, "request.size"),
        (|recipe| recipe.height = 0, "request.size"),
        (|recipe| recipe.width = 4096, "request.size"),
        (|recipe| recipe.steps = 0, "request.steps"),
        (|recipe| recipe.steps = 201, "request.steps"),
        (|recipe| recipe.guidance = f32::NAN, "request.guidance"),
        (|recipe| recipe.guidance = -1.0, "request.guidance"),
        (|recipe| recipe.shift = 0.0, "request.shift"),
        (|recipe| recipe.sampler = "rk4".into(), "request.sampler"),
    ];
    for (i, (change, code)) in changes.iter().enumerate() {
        let mut recipe = pipeline.recipe("cat", 1);
        change(&mut recipe);
        let mut watcher = Until { last: 100, seen: 0 };
        let error =
            block_on(pipeline.generate(&recipe, &mut watcher)).expect_err("must be refused");
        assert_eq!((error.code(), watcher.seen), (*code, 0), "change {i}");
    }
}

#[test]
fn sampler_names_ignore_case() {
    let pipeline = valid();
    let draw = |sampler: &str| {
        let recipe = Recipe {
            sampler: sampler.into(),
            ..pipeline.recipe("cat", 1)
        };
        block_on(pipeline.generate(&recipe, &mut Unobserved)).expect("no fault")
    };
    assert_eq!(pipeline.recipe("", 0).sampler, "euler");
    assert_eq!(draw("euler"), draw("Euler"));
    assert_ne!(draw("euler"), draw("HEUN"));
}

#[test]
fn the_interval_of_guidance_is_the_package_s() {
    let draw = |interval: Value| {
        let change = move |about: &mut Value| {
            about["denoiser"]["sampler"]["guidance_interval"] = interval.clone();
        };
        let pipeline = tiny(&change, TOKENIZER, &|_, _| {}).expect("a valid package");
        block_on(pipeline.generate(&pipeline.recipe("cat", 1), &mut Unobserved)).expect("no fault")
    };
    assert_ne!(draw(json!([0.0, 1.0])), draw(json!([0.5, 1.0])));
}

#[test]
fn requests_beyond_the_device_are_refused_before_any_work() {
    // Queries, keys and values larger than any buffer; then more patches than a dispatch takes.
    let of_side = |side: usize| {
        let size =
            move |about: &mut Value| about["denoiser"]["config"]["size"] = json!([side, side]);
        tiny(&size, TOKENIZER, &|_, _| {}).expect("a valid package")
    };
    for (side, code) in [(8192, "request.buffer"), (1024, "request.patches")] {
        let pipeline = of_side(side);
        let mut watcher = Until { last: 100, seen: 0 };
        let refused = block_on(pipeline.generate(&pipeline.recipe("cat", 1), &mut watcher))
            .expect_err("must be refused");
        assert_eq!((refused.code(), watcher.seen), (code, 0));
        assert_eq!(refused.arguments()["width"], side);
        assert!(refused.to_string().contains("smaller size"), "{refused}");
    }
}

#[test]
fn a_model_beyond_the_processor_s_memory_is_refused_by_its_manifest() {
    let pipeline = valid();
    let manifest = pipeline.manifest();
    let mut tensors = manifest.tensors.clone();
    for tensor in tensors[Component::Denoiser].values_mut() {
        tensor.shape = Shape::new(&[2048, 6400]).expect("bounded");
    }
    let mut files = manifest.files.clone();
    for file in &mut files {
        if file.name.ends_with(".safetensors") {
            (file.size_bytes, file.chunk_bytes) = (100 * (16 << 20), 16 << 20);
            file.chunks = vec![file.chunks[0]; 100];
        }
    }
    let stored: u64 = tensors[Component::Denoiser]
        .values()
        .map(image2_package::TensorEntry::stored_bytes)
        .sum();
    assert!(stored > 1 << 30, "{stored}");
    match image2_package::Manifest::new(manifest.about.clone(), files, tensors) {
        Ok(larger) => {
            let refused = image2_models::Opening::new(larger, &Compute::cpu());
            let refused = refused.expect_err("must be refused");
            assert_eq!(refused.code(), "device.memory");
            assert_eq!(refused.arguments()["device"], "cpu");
        }
        Err(error) => panic!("{error}"),
    }
}
