//! Installs what is missing, once, and says in a sentence how to get what it cannot install.
//!
//! Nothing that is there already is touched: tools of the pinned versions are taken from the
//! `PATH` where they are found, and otherwise kept in a folder of their own.

mod browser;
mod cargo_tools;
mod python;
mod typos;

use crate::shell;
use anyhow::{Result, ensure};
use std::path::{Path, PathBuf};

pub use cargo_tools::Tools;

/// What browsers run.
pub const TARGET: &str = "wasm32-unknown-unknown";

/// One thing that a stage of `cargo xtask test` may need.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Need {
    /// The compiler's target for the browser.
    WasmTarget,
    /// Trunk and wasm-bindgen's command.
    BuildTools,
    /// The spell checker.
    Typos,
    /// A Vulkan driver that needs no GPU.
    Vulkan,
    /// Chromium, Node, and its packages.
    Browser,
}

impl Need {
    pub const ALL: [Self; 5] = [
        Self::Browser,
        Self::Vulkan,
        Self::Typos,
        Self::WasmTarget,
        Self::BuildTools,
    ];

    /// Installs it if it is missing.
    pub fn meet(self) -> Result<()> {
        match self {
            Self::WasmTarget => wasm_target(),
            Self::BuildTools => for_build().map(|_| ()),
            Self::Typos => typos().map(|_| ()),
            Self::Vulkan => browser::vulkan().map(|_| ()),
            Self::Browser => browser().map(|_| ()),
        }
    }
}

/// For `run` and `build`.
pub fn for_build() -> Result<Tools> {
    wasm_target()?;
    cargo_tools::ensure_installed()
}

/// What the comparison runs on: the browser, Node with the packages of `bench/`, and a Python that
/// can export networks.
pub fn bench() -> Result<(Browser, PathBuf)> {
    let node = browser::node_with_packages("bench")?;
    let chromium = browser::chromium()?;
    Ok((Browser { node, chromium }, python::ensure_installed()?))
}

/// The spell checker's file.
pub fn typos() -> Result<PathBuf> {
    typos::ensure_installed()
}

/// The software driver's file, on systems where drivers are files.
pub fn vulkan() -> Result<Option<PathBuf>> {
    browser::vulkan()
}

/// What the browser tests run on.
pub struct Browser {
    pub node: PathBuf,
    pub chromium: PathBuf,
}

pub fn browser() -> Result<Browser> {
    // Node first: it is the one thing that only the user can install.
    let node = browser::node_with_packages("tests/browser")?;
    Ok(Browser {
        node,
        chromium: browser::chromium()?,
    })
}

fn wasm_target() -> Result<()> {
    let sysroot = shell::program("rustc")
        .args(["--print", "sysroot"])
        .read()?;
    if Path::new(sysroot.trim())
        .join("lib/rustlib")
        .join(TARGET)
        .is_dir()
    {
        return Ok(());
    }
    ensure!(
        shell::find("rustup").is_some(),
        "this Rust cannot compile for {TARGET}, and there is no rustup to add it: install Rust \
         by rustup, or your distribution's package of the standard library for {TARGET}"
    );
    shell::timed(&format!("install the compiler's target {TARGET}"), || {
        shell::program("rustup")
            .args(["target", "add", TARGET])
            .run()
    })
}
