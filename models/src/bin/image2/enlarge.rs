//! `image2 enlarge`: reads a picture, validates output and size, loads the model's upscaler, then
//! enlarges.

mod read;

use std::ops::ControlFlow;
use std::time::Instant;

use anyhow::Context as _;
use image2_models::{ModelError, Observer, Step, Tiles, open};
use image2_picture::encode_png;
use indicatif::ProgressBar;
use serde_json::json;

use crate::answer::Answer;
use crate::args::Enlarge;
use crate::destination::{Destinations, in_folder};
use crate::file_format::FileFormat;
use crate::interrupt::Interrupt;
use crate::names::{insert, shown};
use crate::output::Output;
use crate::{cost, device, progress};

pub async fn run(args: &Enlarge, output: &Output) -> anyhow::Result<Answer> {
    let mut destinations = Destinations::new(&[FileFormat::Png]);
    destinations.protect(&args.input);
    destinations.protect_folder(&args.engine.model);
    let mut destination = destinations.settle(&in_folder(&args.output)?)?;
    let read::Input {
        picture,
        parameters,
        has_other_colours,
    } = read::input(&args.input)?;
    let interrupt = Interrupt::after_step()?;
    let compute = args.engine.device.open().await?;
    let model = &args.engine.model;
    let enlarger = open::upscaler(model, &compute)
        .with_context(|| format!("cannot open the model {}", shown(model)))?;
    if has_other_colours {
        output.note(
            "the picture's colour profile is not sRGB and is not kept: colours may look paler",
        );
    }
    let from = [picture.height(), picture.width()];
    let place = enlarger
        .placement(from, args.to)
        .map_err(ModelError::from)?;
    let enlargement = enlarger.enlargement(picture, place)?;
    enlarger.measure().await?;
    let estimate = enlarger
        .estimate_alone(&enlargement)
        .map_err(ModelError::from)?;
    cost::announce(&estimate, output);

    let start = Instant::now();
    let mut watcher = Watcher {
        interrupt: &interrupt,
        bar: progress::bar(output, u64::from(estimate.tiles), "enlarging"),
    };
    let enlarged = enlarger.enlarge(enlargement, start, &mut watcher).await;
    watcher.bar.finish_and_clear();
    let Some(picture) = enlarged? else {
        return Ok(Answer::stopped(interrupt.code().unwrap_or_default()));
    };
    destination.write(&encode_png(&picture, parameters.as_ref()))?;
    let [height, width] = place.size;
    let (path, seconds) = (shown(&destination.path), start.elapsed().as_secs_f64());
    let line = format!("{path} ({width} × {height}, {seconds:.1} s)");
    let mut answer = Answer::done(
        vec![line],
        json!({
            "width": width, "height": height, "device": device::name(&compute),
            "elapsed_ms": start.elapsed().as_millis() as u64,
        }),
    );
    insert(&mut answer.value, "file", &destination.path);
    Ok(answer)
}

/// Shows progress and checks for signals after each tile.
struct Watcher<'a> {
    interrupt: &'a Interrupt,
    bar: ProgressBar,
}

impl Observer for Watcher<'_> {
    fn wants_previews(&self) -> bool {
        false
    }

    async fn step(&mut self, _: Step) -> ControlFlow<()> {
        self.interrupt.check()
    }

    async fn tiles(&mut self, tiles: Tiles) -> ControlFlow<()> {
        self.bar.set_length(u64::from(tiles.all));
        self.bar.set_position(u64::from(tiles.done));
        self.interrupt.check()
    }
}
