//! Builds `dist/` from the sources; does nothing when they did not change.
//!
//! `dist/` is assembled in a staging folder and replaced as a whole. File names carry a hash of the
//! contents, so that browsers may cache the files forever. Files with fixed addresses
//! (`index.html`, `version.json`, the manifest, …) are the exception.

mod card;
mod compress;
mod fingerprint;
mod html;
mod languages;
mod names;
mod page;
pub mod sizes;
mod version;
pub mod workers;

use crate::setup::Tools;
use crate::shell::timed;
use crate::{cargo, files, paths};
use anyhow::Result;
use std::fs::File;
use std::path::{Path, PathBuf};

/// The trade-off between build time and the result's size and speed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Flavour {
    /// The released product: profiles `page`, `worker-gpu` and `worker-cpu`, compressed files.
    Release,
    /// Faster to build: profile `release` throughout, no compression.
    Dev,
}

impl Flavour {
    fn profile(self, in_release: &'static str) -> &'static str {
        match self {
            Self::Release => in_release,
            Self::Dev => "release",
        }
    }
}

/// Builds page and workers and assembles `dist/`, unless it is up to date.
pub fn everything(flavour: Flavour, tools: &Tools) -> Result<()> {
    let _one_at_a_time = lock()?;
    let wanted = fingerprint::of_sources(flavour, tools)?;
    if fingerprint::is_current(&wanted)? {
        println!("· dist/ is up to date");
        return Ok(());
    }
    timed("build for the browser", || {
        let staging = paths::scratch().join("dist");
        files::fresh_folder(&staging)?;
        timed("build the page", || page::build(flavour, tools, &staging))?;
        names::by_content(&staging)?;
        let worker_gpu = timed("build the GPU worker", || {
            workers::build(workers::Kind::Gpu, flavour, tools, &staging)
        })?;
        let worker_cpu = timed("build the CPU worker", || {
            workers::build(workers::Kind::Cpu, flavour, tools, &staging)
        })?;
        html::finish(&staging, &worker_gpu, &worker_cpu)?;
        languages::build(&staging)?;
        card::build("image2-mini", &staging)?;
        // Before compression, which must not change the digest.
        version::write(&staging)?;
        if flavour == Flavour::Release {
            timed("compress", || compress::folder(&staging))?;
        }
        files::swap_folder(&staging, &paths::dist())?;
        fingerprint::record(&wanted)
    })?;
    sizes::print(&paths::dist())
}

/// Builds the server and returns its file.
pub fn server(flavour: Flavour) -> Result<PathBuf> {
    let (profile, folder) = match flavour {
        Flavour::Release => ("release", "release"),
        Flavour::Dev => ("dev", "debug"),
    };
    timed("build the server", || {
        cargo::command(["build", "--package", "image2-server", "--profile", profile]).run()
    })?;
    Ok(native_file(folder, "image2-server"))
}

/// Builds the command `image2` as released and returns its file.
pub fn command() -> Result<PathBuf> {
    timed("build the command", || {
        cargo::command(["build", "--release", "--package", "image2-models"]).run()
    })?;
    Ok(native_file("release", "image2"))
}

/// The native programs that browser tests use.
pub struct Natives {
    pub server: PathBuf,
    /// The command `image2`.
    pub cli: PathBuf,
}

/// Builds them in the profile of the native tests, which have usually compiled them already; another
/// profile would take a quarter of an hour more.
pub fn natives() -> Result<Natives> {
    timed("build the server and the command", || {
        cargo::command(["test", "--workspace", "--no-run", "--quiet"]).run()
    })?;
    Ok(Natives {
        server: native_file("debug", "image2-server"),
        cli: native_file("debug", "image2"),
    })
}

fn native_file(folder: &str, binary: &str) -> PathBuf {
    cargo::target()
        .join(folder)
        .join(format!("{binary}{}", std::env::consts::EXE_SUFFIX))
}

/// Waits until no other build uses the staging folder, and holds it until the file is dropped.
fn lock() -> Result<File> {
    let path = paths::scratch().join("lock");
    files::write(&path, "")?;
    let file = File::open(&path)?;
    if file.try_lock().is_err() {
        println!("Waiting for another build to finish…");
        file.lock()?;
    }
    Ok(file)
}

/// Keeps the wasm's list of target features, which `strip` would remove. Without it wasm-bindgen
/// generates code for browsers without reference types and multiple values.
const KEEP_FEATURES: &str = "link-arg=--keep-section=target_features";

/// The path of a compiled wasm file.
fn wasm_file(profile: &str, name: &str) -> PathBuf {
    cargo::target()
        .join("wasm32-unknown-unknown")
        .join(profile)
        .join(name)
}

/// Writes `bytes` to `name-0123456789abcdef.ext` in `folder`, with the contents' hash in the name,
/// and returns that name.
fn write_hashed(folder: &Path, name: &str, extension: &str, bytes: &[u8]) -> Result<String> {
    let name = format!("{name}-{}.{extension}", files::short_hash(bytes));
    files::write(&folder.join(&name), bytes)?;
    Ok(name)
}
