//! `image2 models`: lists, inspects, verifies and creates packages.

mod inspect;
mod list;
mod quantize;
mod verify;

use std::path::Path;

use anyhow::Context as _;
use image2_package::{Folder, Manifest, Package};

use crate::answer::Answer;
use crate::args::Packages;
use crate::names::shown;

pub fn run(command: Packages) -> anyhow::Result<Answer> {
    match command {
        Packages::List { folder } => list::run(&folder),
        Packages::Inspect { package } => inspect::run(&package),
        Packages::Verify { package } => verify::run(&package),
        Packages::Quantize(args) => quantize::run(&args),
    }
}

fn open(path: &Path) -> anyhow::Result<Package<Folder>> {
    Package::open_dir(path).with_context(|| format!("cannot open the package {}", shown(path)))
}

/// Describes a package in one line.
fn headline(manifest: &Manifest) -> String {
    let megabytes = manifest.size_bytes() as f64 / 1e6;
    format!(
        "{} ({}), {megabytes:.1} MB, {}",
        manifest.about.title, manifest.about.name, manifest.about.licence
    )
}
