//! Pictures larger than the network draws, with the tiny package on every device.

mod tiny;

use std::ops::ControlFlow;

use image2_models::{
    Compute, Enlarger, Observer, Pipeline, Placement, Recipe, Step, Tiles, Unobserved, open,
};
use image2_picture::{Picture, checks::psnr};
use pollster::block_on;
use tiny::Tiny;

fn devices() -> [Compute; 2] {
    let gpu = block_on(Compute::gpu()).expect("a GPU or a software driver");
    [Compute::cpu(), gpu]
}

fn opened(compute: &Compute) -> Pipeline {
    open::folder(&tiny::folder(), compute).expect("a package")
}

fn recipe(pipeline: &Pipeline, prompt: &str, [width, height]: [u32; 2]) -> Recipe {
    Recipe {
        width,
        height,
        ..pipeline.recipe(prompt, 1)
    }
}

fn generate(pipeline: &Pipeline, recipe: &Recipe) -> Picture {
    let picture = block_on(pipeline.generate(recipe, &mut Unobserved)).expect("no fault");
    picture.expect("a picture")
}

/// Counts reports, and cancels after so many tiles.
#[derive(Default)]
struct Counter {
    cancel_after: Option<u32>,
    steps: Vec<Option<[u32; 2]>>,
    tiles: Vec<[u32; 2]>,
    previews: Vec<[u32; 2]>,
}

fn size(picture: &Picture) -> [u32; 2] {
    [picture.width(), picture.height()]
}

impl Observer for Counter {
    async fn step(&mut self, step: Step) -> ControlFlow<()> {
        self.steps.push(step.preview.as_ref().map(size));
        ControlFlow::Continue(())
    }

    async fn tiles(&mut self, tiles: Tiles) -> ControlFlow<()> {
        self.tiles.push([tiles.done, tiles.all]);
        self.previews.extend(tiles.preview.as_ref().map(size));
        match self.cancel_after {
            Some(after) if tiles.done >= after => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        }
    }
}

#[test]
fn a_picture_has_the_size_asked_for_on_every_device() {
    let [cpu, gpu] = devices().map(|compute| opened(&compute));
    for asked in [
        [16, 16],
        [40, 40],
        [64, 64],
        [96, 96],
        [301, 200],
        [256, 1024],
    ] {
        let recipe = recipe(&cpu, "red cat", asked);
        let picture = generate(&cpu, &recipe);
        assert_eq!(size(&picture), asked);
        assert!(
            picture == generate(&cpu, &recipe),
            "the same recipe, the same picture"
        );
        let found_db = psnr(&picture, &generate(&gpu, &recipe));
        println!("{asked:?}: {found_db:.1} dB");
        assert!(found_db >= 35.0, "{asked:?}: {found_db}");
    }
}

#[test]
fn previews_are_enlarged_once_and_tiles_are_counted() {
    for compute in devices() {
        let pipeline = opened(&compute);
        let mut counter = Counter::default();
        let recipe = recipe(&pipeline, "red cat", [1024, 512]);
        let picture = block_on(pipeline.generate(&recipe, &mut counter)).expect("no fault");
        assert_eq!(picture.as_ref().map(size), Some([1024, 512]));
        // Drawn at 16, the thing is 512: enlarged once it is 64, and so in its proportions.
        assert_eq!(counter.steps.len(), 3);
        assert_eq!(counter.steps[0], Some([128, 64]), "the first look");
        assert_eq!(counter.steps[2], None, "the finished picture follows");
        assert!(
            counter
                .steps
                .iter()
                .flatten()
                .all(|size| *size == [128, 64])
        );
        // Passes of 16 to 32, 128 and 512; the first makes less than steps showed.
        assert_eq!(counter.previews, [[256, 128]]);
        let done: Vec<u32> = counter.tiles.iter().map(|[done, _]| *done).collect();
        assert_eq!(done, (1..=done.len() as u32).collect::<Vec<_>>());
        let [done, all] = counter.tiles[counter.tiles.len() - 1];
        assert!(done == all && all >= 3);
    }
}

#[test]
fn a_cancel_between_tiles_leaves_nothing_behind() {
    for compute in devices() {
        let pipeline = opened(&compute);
        let recipe = recipe(&pipeline, "red cat", [1024, 1024]);
        let before = generate(&pipeline, &recipe);
        let mut counter = Counter {
            cancel_after: Some(3),
            ..Counter::default()
        };
        let cancelled = block_on(pipeline.generate(&recipe, &mut counter)).expect("no fault");
        assert!(cancelled.is_none());
        assert_eq!(counter.tiles.len(), 3, "no tile is reported after a cancel");
        assert!(generate(&pipeline, &recipe) == before);
    }
}

#[test]
fn the_parts_of_a_run_make_the_same_picture_in_any_order_and_instance() {
    let compute = Compute::cpu();
    let pipeline = opened(&compute);
    let recipe = recipe(&pipeline, "red cat", [1000, 1024]);
    let whole = generate(&pipeline, &recipe);
    let drawn = block_on(pipeline.draw(&recipe, &mut Unobserved)).expect("no fault");
    let drawn = drawn.expect("a drawing");
    assert_eq!(size(&drawn), [16, 16]);
    let siblings: Vec<Enlarger> = (0..2)
        .map(|_| open::upscaler(&tiny::folder(), &compute).expect("an upscaler"))
        .collect();
    let mut enlargement = pipeline
        .enlargement(&recipe, drawn)
        .expect("a valid recipe");
    while !enlargement.is_finished() {
        let tiles: Vec<_> = std::iter::from_fn(|| enlargement.next_tile()).collect();
        for (tile, sibling) in tiles.into_iter().rev().zip(siblings.iter().cycle()) {
            let work = tile.work;
            let rgba = block_on(sibling.run(tile)).expect("no fault");
            enlargement.put(&work, &rgba).expect("a size");
        }
    }
    assert!(enlargement.finish().expect("finished") == whole);
}

#[test]
fn a_pixel_look_repeats_the_drawn_pixels() {
    let pipeline = opened(&Compute::cpu());
    let recipe = recipe(&pipeline, "red pixel cat", [128, 64]);
    assert!(
        !pipeline.look("red pixel cat").expect("a look").is_pixels(),
        "not one of its looks"
    );
    drop(pipeline);
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("tiny");
    let mut tiny = Tiny::published();
    tiny.about["knows"]["looks"] = serde_json::json!(["3d", "pixel"]);
    tiny.write(&path);
    let pipeline = open::folder(&path, &Compute::cpu()).expect("a package");
    let mut counter = Counter::default();
    let picture = block_on(pipeline.generate(&recipe, &mut counter)).expect("no fault");
    let picture = picture.expect("a picture");
    let drawn = block_on(pipeline.draw(&recipe, &mut Unobserved)).expect("no fault");
    let drawn = drawn.expect("a drawing");
    assert!(counter.tiles.is_empty(), "no network runs");
    assert_eq!(counter.steps[0], Some([128, 64]));
    let [pixels, own] = [&picture, &drawn].map(|it| it.rgba().as_chunks::<4>().0);
    for (i, pixel) in pixels.iter().enumerate() {
        let [y, x] = [i / 128, i % 128];
        let expected = match (32..96).contains(&x) {
            true => own[y / 4 * 16 + (x - 32) / 4],
            false => [0; 4],
        };
        assert_eq!(*pixel, expected, "row {y}, column {x}");
    }
}

#[test]
fn a_network_whose_values_overflow_is_an_error() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("tiny");
    let mut tiny = Tiny::new();
    for (name, _, values) in &mut tiny.upscaler {
        if name == "body.6.bias" {
            values[5] = f32::MAX;
        }
        if name == "body.4.bias" {
            values.fill(f32::MAX);
        }
    }
    tiny.write(&path);
    for compute in devices() {
        let pipeline = open::folder(&path, &compute).expect("a package");
        let recipe = recipe(&pipeline, "red cat", [64, 64]);
        let error = block_on(pipeline.generate(&recipe, &mut Unobserved)).expect_err("overflow");
        assert_eq!(error.code(), "engine.tile", "{error}");
        assert_eq!(error.arguments()["fault"], "non_finite");
    }
}

/// The largest picture from a model of full size takes no more than 400 MB in all.
#[test]
fn memory_is_known_before_work() {
    let pipeline = opened(&Compute::cpu());
    let asked = |side: u32| {
        let recipe = recipe(&pipeline, "red cat", [side, side]);
        pipeline.estimate(&recipe).expect("a valid recipe")
    };
    let [small, large] = [asked(64), asked(1024)];
    assert!(small.memory_bytes < large.memory_bytes && small.tiles < large.tiles);
    let pixels = |side: u64| 4 * side * side;
    assert!(large.memory_bytes > pixels(1024) + pixels(256));
    assert!(large.instance_bytes > 0 && large.instance_bytes < large.memory_bytes);
    let beyond = recipe(&pipeline, "red cat", [1025, 64]);
    let refused = pipeline.estimate(&beyond).expect_err("too large");
    assert_eq!(refused.code(), "request.size");
}

#[test]
fn a_picture_of_any_size_is_enlarged_alone() {
    for compute in devices() {
        let enlarger = open::upscaler(&tiny::folder(), &compute).expect("an upscaler");
        let rgba = (0..4 * 30 * 21_u32).map(|i| match i % 4 {
            3 => 255,
            _ => (i * 7 % 251) as u8,
        });
        let picture = Picture::new(30, 21, rgba.collect()).expect("a picture");
        let place = enlarger.placement([21, 30], 200).expect("larger");
        assert_eq!(place.canvas, [140, 200]);
        let enlargement = enlarger.enlargement(picture, place).expect("a size");
        let start = std::time::Instant::now();
        let picture = block_on(enlarger.enlarge(enlargement, start, &mut Unobserved));
        let picture = picture.expect("no fault").expect("a picture");
        assert_eq!(size(&picture), [200, 140]);
        assert!(picture.is_opaque(), "an opaque picture stays opaque");
        for to in [20, 4097] {
            let refused = enlarger
                .placement([21, 30], to)
                .expect_err("no enlargement");
            assert_eq!(refused.code(), "request.enlargement");
        }
        let place = Placement::contained([21, 30], [2867, 4096]);
        let grey = Picture::new(30, 21, vec![255; 4 * 30 * 21]).expect("a picture");
        let enlargement = enlarger.enlargement(grey, place).expect("a size");
        let estimate = enlarger.estimate_alone(&enlargement).expect("it fits");
        let [_, all] = enlargement.tiles();
        assert_eq!(estimate.tiles, all, "an opaque picture needs every tile");
        assert!(estimate.memory_bytes < 400_000_000, "{estimate:?}");
    }
}
