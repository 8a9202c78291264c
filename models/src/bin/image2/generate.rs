//! `image2 generate`: validates all outputs, loads the model, validates all recipes, then draws. A
//! run that fails or is interrupted still reports the pictures that it completed.

mod draw;
mod list;
mod report;
mod request;
mod requests;
mod words;

use std::path::Path;

use anyhow::Context as _;
use image2_models::open;

use crate::answer::{Answer, End};
use crate::args::Generate;
use crate::cost;
use crate::destination::{Destination, Destinations, MadeFolders};
use crate::file_format::FileFormat;
use crate::interrupt::Interrupt;
use crate::names::shown;
use crate::output::Output;
use draw::{Artist, Drawing};
use report::Report;
use request::Request;
use requests::Requests;

pub async fn run(args: &Generate, output: &Output) -> anyhow::Result<Answer> {
    let Requests { list, requests } = Requests::of(args)?;
    let _made = match &list {
        Some(folder) => Some(MadeFolders::make(folder).map_err(|fault| fault.at(folder))?),
        None => None,
    };
    let mut destinations = settle(args, &requests)?;
    let interrupt = Interrupt::after_step()?;
    let compute = args.engine.device.open().await?;
    let model = &args.engine.model;
    let pipeline = open::folder(model, &compute)
        .with_context(|| format!("cannot open the model {}", shown(model)))?;
    let artist = Artist {
        args,
        pipeline: &pipeline,
        interrupt,
        output,
    };
    let settled = requests.iter().zip(&destinations);
    let recipes = settled
        .map(|(request, destination)| request.with_origin(artist.recipe(request, destination)))
        .collect::<anyhow::Result<Vec<_>>>()?;
    cost::announce_all(&pipeline, &recipes, output).await?;
    let mut report = Report::new(&pipeline, list.is_some());
    let count = requests.len();
    for (number, ((request, recipe), destination)) in
        (1..).zip(requests.iter().zip(&recipes).zip(&mut destinations))
    {
        let label = match count {
            1 => "drawing".to_owned(),
            _ => format!("drawing {number}/{count}"),
        };
        match request.with_origin(artist.draw(recipe, destination, &label).await) {
            Ok(Drawing::Made(elapsed)) => report.add(request, elapsed),
            Ok(Drawing::Stopped(code)) => return Ok(report.answer(End::Stopped(code))),
            Err(error) => return Ok(report.answer(End::Failed(error))),
        }
    }
    Ok(report.answer(End::Done))
}

/// Validates the destinations of all pictures.
fn settle(args: &Generate, requests: &[Request]) -> anyhow::Result<Vec<Destination>> {
    let mut destinations = Destinations::new(&[FileFormat::Png, FileFormat::Svg]);
    if let Some(list) = args
        .prompts
        .as_deref()
        .filter(|list| *list != Path::new("-"))
    {
        destinations.protect(list);
    }
    destinations.protect_folder(&args.engine.model);
    let settled = requests
        .iter()
        .map(|request| request.with_origin(destinations.settle(&request.output)));
    settled.collect()
}
