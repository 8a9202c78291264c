//! From sources to `dist/`, in stages that each do nothing when nothing changed.
//!
//! `dist/` is assembled in a staging folder and swapped in whole. Its files are named by their
//! contents, but for those that a browser asks for by name (`index.html`, the manifest, …), so
//! that a server may let browsers keep the others forever.

mod card;
mod compress;
mod fingerprint;
mod html;
mod page;
pub mod sizes;
pub mod workers;

use crate::setup::Tools;
use crate::shell::{self, timed};
use crate::{files, paths};
use anyhow::Result;
use std::fs::File;
use std::path::{Path, PathBuf};

/// How much the compiler may take its time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Flavour {
    /// What users get: the profiles `page`, `worker-gpu`, `worker-cpu`; everything compressed.
    Release,
    /// Compiles faster: the profile `release` throughout, nothing compressed.
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

/// Builds page and workers and assembles `dist/`, or finds that it stands already.
pub fn everything(flavour: Flavour, tools: &Tools) -> Result<()> {
    let _one_at_a_time = lock()?;
    let wanted = fingerprint::of_sources(flavour, tools)?;
    if fingerprint::stands(&wanted)? {
        println!("· dist/ is up to date");
        return Ok(());
    }
    timed("build for the browser", || {
        let staging = paths::scratch().join("dist");
        files::fresh_folder(&staging)?;
        timed("build the page", || page::build(flavour, tools, &staging))?;
        let worker_gpu = timed("build the GPU worker", || {
            workers::build(workers::Kind::Gpu, flavour, tools, &staging)
        })?;
        let worker_cpu = timed("build the CPU worker", || {
            workers::build(workers::Kind::Cpu, flavour, tools, &staging)
        })?;
        let config = html::Config {
            worker_gpu,
            worker_cpu,
            model: "/models/image2-mini/".into(),
        };
        html::finish(&staging, &config)?;
        card::build("image2-mini", &staging)?;
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
        shell::cargo(["build", "--package", "image2-server", "--profile", profile]).run()
    })?;
    Ok(native_file(folder, "image2-server"))
}

/// Builds the command `image2` as users have it, and returns its file.
pub fn command() -> Result<PathBuf> {
    timed("build the command", || {
        shell::cargo(["build", "--release", "--package", "image2-models"]).run()
    })?;
    Ok(native_file("release", "image2"))
}

/// The native programs that browser tests use.
pub struct Natives {
    pub server: PathBuf,
    /// The command `image2`.
    pub cli: PathBuf,
}

/// Builds them as the native tests do, which have built them already where they ran before:
/// compiling all of it once more, in another profile, would take a quarter of an hour.
pub fn natives() -> Result<Natives> {
    timed("build the server and the command", || {
        shell::cargo(["test", "--workspace", "--no-run", "--quiet"]).run()
    })?;
    Ok(Natives {
        server: native_file("debug", "image2-server"),
        cli: native_file("debug", "image2"),
    })
}

fn native_file(folder: &str, binary: &str) -> PathBuf {
    paths::target()
        .join(folder)
        .join(format!("{binary}{}", std::env::consts::EXE_SUFFIX))
}

/// Two builds at once would assemble into the same folder: the second one waits.
fn lock() -> Result<File> {
    let path = paths::scratch().join("lock");
    files::write(&path, "")?;
    let file = File::open(&path)?;
    if file.try_lock().is_err() {
        println!("Waiting for another build to end…");
        file.lock()?;
    }
    Ok(file)
}

/// `strip` takes away the list of wasm's features, too, without which wasm-bindgen writes for
/// browsers of ten years ago.
const KEEP_FEATURES: &str = "link-arg=--keep-section=target_features";

/// Where cargo leaves a wasm.
fn wasm_file(profile: &str, name: &str) -> PathBuf {
    paths::target()
        .join("wasm32-unknown-unknown")
        .join(profile)
        .join(name)
}

/// `name-0123456789abcdef.ext`, written under `folder`; returns the new name.
fn write_hashed(folder: &Path, name: &str, extension: &str, bytes: &[u8]) -> Result<String> {
    let name = format!("{name}-{}.{extension}", files::short_hash(bytes));
    files::write(&folder.join(&name), bytes)?;
    Ok(name)
}
