//! Pipelines with the default model, on every device.

use std::ops::ControlFlow;
use std::path::Path;

use image2_package::{FileEntry, Manifest};
use image2_picture::{Picture, checks::psnr};
use image2_shaders::tuning::{Arithmetic, Tuning};
use pollster::block_on;

use super::denoising::Denoising;
use super::device_state::Owner;
use super::plan::Passes;
use super::*;
use crate::networks::Text;
use crate::networks::patches::unpatchify;
use crate::{Compute, Observer, Opening, Pipeline, Recipe, Step, Unobserved, open};

fn devices() -> [Compute; 2] {
    [
        Compute::cpu(),
        block_on(Compute::gpu()).expect("a GPU or a software driver"),
    ]
}

fn mini(compute: &Compute) -> Pipeline {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("weights/image2-mini");
    open::folder(&folder, compute).expect("the default model")
}

fn small(pipeline: &Pipeline) -> Recipe {
    Recipe {
        width: 64,
        height: 48,
        steps: 5,
        ..pipeline.recipe("red apple", 3)
    }
}

fn plan(pipeline: &Pipeline, recipe: &Recipe) -> Plan {
    pipeline.plan(recipe).expect("a valid recipe")
}

fn state(pipeline: &Pipeline, recipe: &Recipe, passes: Passes) -> DeviceState {
    let kept = pipeline.state.take();
    let size = plan(pipeline, recipe).size;
    block_on(DeviceState::new(
        &*pipeline.network,
        kept,
        size,
        passes,
        async |_, _| {},
    ))
    .expect("no fault")
}

/// Runs the first steps of a recipe by hand.
fn advance(pipeline: &Pipeline, state: &mut DeviceState, recipe: &Recipe, steps: usize) {
    let text = Text::Tokens(pipeline.tokens(&recipe.prompt).ids);
    let plan = plan(pipeline, recipe);
    state
        .prompt
        .encode(&*pipeline.network, text)
        .expect("a text");
    state.denoising.begin(&pipeline.noise(&plan));
    for evaluation in plan.evaluations().take(steps).flatten() {
        state.denoising.advance(&evaluation, None);
    }
}

fn x(denoising: &Denoising) -> Vec<f32> {
    block_on(denoising.planes(denoising.read_picture())).expect("no fault")
}

#[test]
fn a_preview_follows_the_export_rule() {
    for compute in devices() {
        let pipeline = mini(&compute);
        let recipe = small(&pipeline);
        let mut state = state(&pipeline, &recipe, [true, false]);
        for steps in [1, 5] {
            advance(&pipeline, &mut state, &recipe, steps);
            let denoising = &state.denoising;
            let seen = block_on(denoising.preview(denoising.read_preview())).expect("no fault");
            let guided = block_on(denoising.guided.read()).expect("no fault");
            let planes = unpatchify(&guided, guided.len() / 12, 4, denoising.size, 16);
            let picture = Picture::from_premultiplied_f32(&planes, 4, 64, 48).expect("a picture");
            let differences = seen.rgba.iter().zip(picture.rgba());
            let worst = differences.map(|(a, b)| a.abs_diff(*b)).max();
            // A GPU's division may round a value between two levels to the other one.
            let allowed = u8::from(!compute.is_cpu());
            assert!(worst <= Some(allowed), "{worst:?} after {steps} steps");
            let ends = |[low, high]: [f32; 2], x: &f32| [low.min(*x), high.max(*x)];
            let extent = planes.iter().fold([f32::MAX, f32::MIN], ends);
            assert_eq!((seen.non_finite, seen.extent), (None, extent));
        }
    }
}

/// Across devices pictures agree to 35 dB, in every arithmetic that a device's table can choose.
#[test]
fn pictures_in_every_arithmetic_agree_with_the_processor() {
    let [cpu, gpu] = devices().map(|compute| mini(&compute));
    for prompt in ["a 3d cat sticker", "a flat car on a sky blue background"] {
        let draw = |pipeline: &Pipeline| {
            let recipe = pipeline.recipe(prompt, 7);
            let picture = block_on(pipeline.generate(&recipe, &mut Unobserved)).expect("no fault");
            picture.expect("a picture")
        };
        let reference = draw(&cpu);
        for (arithmetic, least_db) in [
            (Arithmetic::Single, 60.0),
            (Arithmetic::Half, 50.0),
            (Arithmetic::Packed, 35.0),
        ] {
            let recipe = gpu.recipe(prompt, 7);
            let mut state = state(&gpu, &recipe, [true, false]);
            state.clear();
            let tuning = Tuning {
                arithmetic: Some(arithmetic),
                ..Tuning::default()
            };
            for (owner, graph) in state.missing(&*gpu.network, [true, false]) {
                let pass = graph.compile_with(tuning).expect("no fault");
                match owner {
                    Owner::Prompt => state.prompt.set_pass(Some(pass)),
                    Owner::Denoising(branches) => state.denoising.passes[branches - 1] = Some(pass),
                }
            }
            state.prompt.forget();
            gpu.state.replace(Some(state));
            let found_db = psnr(&draw(&gpu), &reference);
            println!("{arithmetic:?}, {prompt}: {found_db:.1} dB");
            assert!(found_db >= least_db, "{arithmetic:?}: {found_db}");
            // Rounding is visible, so this arithmetic was used.
            assert!(
                arithmetic != Arithmetic::Packed || found_db < 60.0,
                "{found_db}"
            );
        }
    }
}

/// Cancels after a step.
struct Until(u32);

impl Observer for Until {
    async fn step(&mut self, step: Step) -> ControlFlow<()> {
        assert!(step.number <= self.0, "no step is reported after a cancel");
        match step.number < self.0 {
            true => ControlFlow::Continue(()),
            false => ControlFlow::Break(()),
        }
    }
}

#[test]
fn a_cancel_costs_at_most_one_more_step_and_leaves_no_trace() {
    for compute in devices() {
        let pipeline = mini(&compute);
        let recipe = small(&pipeline);
        let draw = || block_on(pipeline.generate(&recipe, &mut Unobserved)).expect("no fault");
        let before = draw().expect("a picture");
        assert!(block_on(pipeline.generate(&recipe, &mut Until(2))).is_ok_and(|it| it.is_none()));
        let cancelled = x(&pipeline.state.borrow().as_ref().expect("kept").denoising);
        let computed = if compute.is_cpu() { 2 } else { 3 };
        let mut own = state(&pipeline, &recipe, [true, false]);
        advance(&pipeline, &mut own, &recipe, computed);
        assert!(cancelled == x(&own.denoising), "after {computed} steps");
        pipeline.state.replace(Some(own));
        assert_eq!(draw().expect("a picture"), before);
    }
}

#[test]
fn an_encoded_prompt_outlives_a_change_of_size() {
    for compute in devices() {
        let pipeline = mini(&compute);
        let recipe = small(&pipeline);
        let draw = |pipeline: &Pipeline, width| {
            let recipe = Recipe {
                width,
                ..recipe.clone()
            };
            let picture = block_on(pipeline.generate(&recipe, &mut Unobserved)).expect("no fault");
            picture.expect("a picture")
        };
        let kept = |pipeline: &Pipeline| {
            let state = pipeline.state.borrow();
            state.as_ref().expect("kept").prompt.output().clone()
        };
        draw(&pipeline, 64);
        let first = kept(&pipeline);
        let spoiled = vec![0.0; first.shape().iter().product()];
        let wide = draw(&pipeline, 96);
        assert!(kept(&pipeline).is(&first));
        assert_eq!(wide, draw(&mini(&compute), 96));
        // It was not encoded again: values written to it decide the picture.
        first.write(0, &spoiled);
        assert_ne!(draw(&pipeline, 64), draw(&mini(&compute), 64));
    }
}

#[test]
fn preparing_compiles_for_the_recommended_settings_and_reports_progress() {
    let [cpu, gpu] = devices();
    let prepare = |pipeline: &Pipeline| {
        let mut reports = Vec::new();
        block_on(pipeline.prepare(async |done, total| reports.push([done, total])))
            .expect("no fault");
        reports
    };
    assert_eq!(prepare(&mini(&cpu)), [[0; 2]; 0], "nothing to compile");
    let pipeline = mini(&gpu);
    let reports = prepare(&pipeline);
    let total = reports[0][1];
    assert!(
        total > 3 && reports[0][0] == 0 && reports.last() == Some(&[total; 2]),
        "{reports:?}"
    );
    assert!(reports.windows(2).all(|pair| pair[0][0] < pair[1][0]));
    assert_eq!(prepare(&pipeline), [[0; 2]; 0], "nothing is compiled twice");
    let guided = {
        let state = pipeline.state.borrow();
        state
            .as_ref()
            .expect("kept")
            .denoising
            .passes
            .each_ref()
            .map(Option::is_some)
    };
    assert_eq!(guided, plan(&pipeline, &pipeline.recipe("", 0)).passes());
}

/// When guidance is switched on, the places of the smaller pass are freed.
#[test]
fn memory_stays_near_what_a_step_needs() {
    let compute = Compute::cpu();
    let pipeline = mini(&compute);
    let recipe = pipeline.recipe("", 0);
    for passes in [[true, false], [false, true], [true, true]] {
        let state = state(&pipeline, &recipe, passes);
        let branches = 1 + usize::from(passes[1]);
        let graph = state
            .denoising
            .graph(&*pipeline.network, &state.prompt, branches);
        let alive = graph.lower_bound_bytes();
        let [planned, residents] = state.bytes();
        println!("{branches} branches: {planned} planned, {alive} alive, {residents} resident");
        assert!(10 * planned <= 13 * alive, "{planned} of {alive}");
        pipeline.state.replace(Some(state));
    }
    let memory = pipeline.memory();
    let stored = pipeline.manifest().size_bytes();
    assert!(
        memory.weight_bytes < 2 * stored && 2 * memory.weight_bytes > stored,
        "{memory:?}"
    );
    assert!(memory.planned_bytes > 0 && memory.resident_bytes > 0);
    assert_eq!(
        memory.total_bytes(),
        memory.weight_bytes + memory.planned_bytes + memory.resident_bytes
    );
}

/// Compares the driver's allocations with the reported memory.
#[test]
fn a_gpu_allocates_the_reported_memory_and_loading_leaves_no_copies() {
    let [_, compute] = devices();
    let allocated = || compute.allocated_bytes().expect("wgpu's own allocator");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("weights/image2-mini");
    let read = |name: &str| std::fs::read(folder.join(name)).expect(name);
    let manifest = Manifest::parse(&read("manifest.json")).expect("a manifest");
    let mut opening = Opening::new(manifest, &compute).expect("a known model");
    let (before, mut stored) = (allocated(), 0);
    let files: Vec<FileEntry> = opening.files().cloned().collect();
    for FileEntry {
        name, size_bytes, ..
    } in files
    {
        opening.add(&name, &read(&name)).expect("intact");
        stored += size_bytes;
        // No copies are kept: only the weights.
        assert!(
            allocated() - before <= stored,
            "{} of {stored}",
            allocated()
        );
    }
    let pipeline = opening.finish().expect("a whole network");
    block_on(pipeline.prepare(async |_, _| {})).expect("no fault");
    let recipe = pipeline.recipe("red apple", 1);
    block_on(pipeline.generate(&recipe, &mut Unobserved)).expect("no fault");
    let (found, reported) = (allocated() - before, pipeline.memory());
    println!("{found} bytes of {reported:?}");
    assert!(found >= reported.total_bytes(), "{found} of {reported:?}");
    // The rest is biases, parameters, and read-back buffers of a preview and a picture.
    let run = reported.planned_bytes + reported.resident_bytes;
    assert!(
        found <= reported.weight_bytes + 13 * run / 10 + (1 << 20),
        "{found} of {reported:?}"
    );
}
