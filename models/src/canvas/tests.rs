//! What lies between a recipe and its picture, with the default model, on every device.

use std::ops::ControlFlow;
use std::path::Path;

use image2_package::{FileEntry, Manifest};
use image2_picture::{Picture, checks::psnr};
use image2_shaders::tuning::{Arithmetic, Tuning};
use pollster::block_on;

use super::*;
use crate::mmjit::Text;
use crate::plan::Plan;
use crate::{Compute, Observer, Opening, Pipeline, Recipe, Step, Unobserved, noise, open};

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
    pipeline.plan(recipe).expect("a sound recipe")
}

fn easel(pipeline: &Pipeline, recipe: &Recipe, passes: Passes) -> Easel {
    let kept = pipeline.easel.take();
    let size = plan(pipeline, recipe).size;
    block_on(Easel::new(
        &pipeline.network,
        kept,
        size,
        passes,
        async |_, _| {},
    ))
    .expect("no fault")
}

/// Runs the first steps of a recipe by hand.
fn advance(pipeline: &Pipeline, easel: &mut Easel, recipe: &Recipe, steps: usize) {
    let text = Text::Tokens(pipeline.tokens(&recipe.prompt).ids);
    let plan = plan(pipeline, recipe);
    easel
        .prompt
        .encode(&pipeline.network, text)
        .expect("a text");
    let mut noise = noise::gaussian(plan.seed, 4 * plan.size[0] * plan.size[1]);
    let scale = pipeline.manifest().about.picture.noise_scale;
    noise.iter_mut().for_each(|value| *value *= scale);
    easel.canvas.begin(&noise);
    for stage in plan.stages().take(steps).flatten() {
        easel.canvas.advance(&stage, None);
    }
}

fn x(canvas: &Canvas) -> Vec<f32> {
    block_on(canvas.planes(canvas.picture())).expect("no fault")
}

#[test]
fn a_preview_is_what_the_export_rule_makes_of_the_foreseen_picture() {
    for compute in devices() {
        let pipeline = mini(&compute);
        let recipe = small(&pipeline);
        let mut easel = easel(&pipeline, &recipe, [true, false]);
        for steps in [1, 5] {
            advance(&pipeline, &mut easel, &recipe, steps);
            let canvas = &easel.canvas;
            let seen = block_on(canvas.previewed(canvas.foreseen())).expect("no fault");
            let guided = block_on(canvas.guided.read()).expect("no fault");
            let planes = unpatchify(&guided, guided.len() / 12, 4, canvas.size, canvas.patch);
            let picture = Picture::from_premultiplied_f32(&planes, 4, 64, 48).expect("a picture");
            let differences = seen.rgba.iter().zip(picture.rgba());
            let worst = differences.map(|(a, b)| a.abs_diff(*b)).max();
            // A GPU's division may take what lies between two levels to the other one.
            let allowed = u8::from(!compute.is_cpu());
            assert!(worst <= Some(allowed), "{worst:?} after {steps} steps");
            let ends = |[low, high]: [f32; 2], x: &f32| [low.min(*x), high.max(*x)];
            let extent = planes.iter().fold([f32::MAX, f32::MIN], ends);
            assert_eq!((seen.non_finite, seen.extent), (None, extent));
        }
    }
}

/// Whichever arithmetic a device's table chooses: across devices pictures agree to 35 dB.
#[test]
fn a_picture_in_every_arithmetic_is_the_processors() {
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
            let mut easel = easel(&gpu, &recipe, [true, false]);
            easel.clear();
            let tuning = Tuning {
                arithmetic: Some(arithmetic),
                ..Tuning::default()
            };
            for (place, graph) in easel.missing(&gpu.network, [true, false]) {
                let pass = graph.compile_with(tuning).expect("no fault");
                match place {
                    Place::Prompt => easel.prompt.equip(Some(pass)),
                    Place::Canvas(branches) => easel.canvas.passes[branches - 1] = Some(pass),
                }
            }
            easel.prompt.forget();
            gpu.easel.replace(Some(easel));
            let found_db = psnr(&draw(&gpu), &reference);
            println!("{arithmetic:?}, {prompt}: {found_db:.1} dB");
            assert!(found_db >= least_db, "{arithmetic:?}: {found_db}");
            // What is rounded shows: it is this arithmetic that drew.
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
        assert!(step.number <= self.0, "nothing is told after a cancel");
        match step.number < self.0 {
            true => ControlFlow::Continue(()),
            false => ControlFlow::Break(()),
        }
    }
}

#[test]
fn a_cancel_costs_one_step_more_at_most_and_the_next_picture_nothing() {
    for compute in devices() {
        let pipeline = mini(&compute);
        let recipe = small(&pipeline);
        let draw = || block_on(pipeline.generate(&recipe, &mut Unobserved)).expect("no fault");
        let before = draw().expect("a picture");
        assert!(block_on(pipeline.generate(&recipe, &mut Until(2))).is_ok_and(|it| it.is_none()));
        let cancelled = x(&pipeline.easel.borrow().as_ref().expect("kept").canvas);
        let computed = if compute.is_cpu() { 2 } else { 3 };
        let mut own = easel(&pipeline, &recipe, [true, false]);
        advance(&pipeline, &mut own, &recipe, computed);
        assert!(cancelled == x(&own.canvas), "after {computed} steps");
        pipeline.easel.replace(Some(own));
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
            let easel = pipeline.easel.borrow();
            easel.as_ref().expect("kept").prompt.output().clone()
        };
        draw(&pipeline, 64);
        let first = kept(&pipeline);
        let spoiled = vec![0.0; first.shape().iter().product()];
        let wide = draw(&pipeline, 96);
        assert!(kept(&pipeline).is(&first));
        assert_eq!(wide, draw(&mini(&compute), 96));
        // It was not encoded again: what is written into it is what is drawn from.
        first.write(0, &spoiled);
        assert_ne!(draw(&pipeline, 64), draw(&mini(&compute), 64));
    }
}

#[test]
fn a_model_prepares_what_its_own_settings_need_and_tells_how_far_it_is() {
    let [cpu, gpu] = devices();
    let heard = |pipeline: &Pipeline| {
        let mut heard = Vec::new();
        block_on(pipeline.prepare(async |done, total| heard.push([done, total])))
            .expect("no fault");
        heard
    };
    assert_eq!(heard(&mini(&cpu)), [[0; 2]; 0], "nothing to compile");
    let pipeline = mini(&gpu);
    let told = heard(&pipeline);
    let total = told[0][1];
    assert!(
        total > 3 && told[0][0] == 0 && told.last() == Some(&[total; 2]),
        "{told:?}"
    );
    assert!(told.windows(2).all(|pair| pair[0][0] < pair[1][0]));
    assert_eq!(heard(&pipeline), [[0; 2]; 0], "nothing is compiled twice");
    let guided = {
        let easel = pipeline.easel.borrow();
        easel
            .as_ref()
            .expect("kept")
            .canvas
            .passes
            .each_ref()
            .map(Option::is_some)
    };
    assert_eq!(guided, plan(&pipeline, &pipeline.recipe("", 0)).passes());
}

/// Both branches after one, as when guidance is switched on: no place of the smaller pass is left
/// beside those of the larger one.
#[test]
fn memory_stays_near_what_a_step_needs() {
    let compute = Compute::cpu();
    let pipeline = mini(&compute);
    let recipe = pipeline.recipe("", 0);
    for passes in [[true, false], [false, true], [true, true]] {
        let easel = easel(&pipeline, &recipe, passes);
        let branches = 1 + usize::from(passes[1]);
        let graph = easel
            .canvas
            .graph(&pipeline.network, &easel.prompt, branches);
        let alive = graph.lower_bound_bytes();
        let [planned, residents] = easel.bytes();
        println!("{branches} branches: {planned} planned, {alive} alive, {residents} resident");
        assert!(10 * planned <= 13 * alive, "{planned} of {alive}");
        pipeline.easel.replace(Some(easel));
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

/// What the driver was asked for, against what is told.
#[test]
fn a_model_on_a_gpu_takes_what_is_told_and_loading_it_leaves_nothing() {
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
        opening.add(&name, &read(&name)).expect("sound");
        stored += size_bytes;
        // No copy waits: the weights alone are there.
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
    let (found, told) = (allocated() - before, pipeline.memory());
    println!("{found} bytes of {told:?}");
    assert!(found >= told.total_bytes(), "{found} of {told:?}");
    // Beside it are biases, parameters, and the ways back of a preview and of a picture.
    let run = told.planned_bytes + told.resident_bytes;
    assert!(
        found <= told.weight_bytes + 13 * run / 10 + (1 << 20),
        "{found} of {told:?}"
    );
}
