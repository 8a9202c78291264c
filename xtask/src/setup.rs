//! Installs missing tools. What it cannot install is reported with instructions.
//!
//! Existing installations are not modified: a tool of the pinned version is used where it is found
//! on the `PATH`; otherwise it is installed into a folder of this project.

mod browser;
mod cargo_tools;
mod python;
mod typos;

use crate::shell;
use anyhow::{Result, ensure};
use std::path::{Path, PathBuf};

pub use cargo_tools::Tools;

/// The compiler target of page and workers.
pub const TARGET: &str = "wasm32-unknown-unknown";

/// A group of tools that a stage of `cargo xtask test` may need.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Need {
    /// The compiler's standard library for [`TARGET`].
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
    /// All of them, those that only the user can install first.
    pub const ALL: [Self; 5] = [
        Self::Browser,
        Self::Vulkan,
        Self::Typos,
        Self::WasmTarget,
        Self::BuildTools,
    ];

    /// Installs the tools if they are missing.
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

/// Installs the tools that `run` and `build` need.
pub fn for_build() -> Result<Tools> {
    wasm_target()?;
    cargo_tools::ensure_installed()
}

/// Installs the tools that the comparison needs: a browser, Node with the packages of `bench/`, and
/// a Python that can export networks.
pub fn bench() -> Result<(Browser, PathBuf)> {
    let node = browser::node_with_packages("bench")?;
    let chromium = browser::chromium()?;
    Ok((Browser { node, chromium }, python::ensure_installed()?))
}

/// Installs the spell checker and returns its file.
pub fn typos() -> Result<PathBuf> {
    typos::ensure_installed()
}

/// Installs the software Vulkan driver and returns its description file; `None` where the system
/// has no such files.
pub fn vulkan() -> Result<Option<PathBuf>> {
    browser::vulkan()
}

/// The programs that browser tests need.
pub struct Browser {
    pub node: PathBuf,
    pub chromium: PathBuf,
}

/// Installs Chromium and the packages of the browser tests; Node must be there.
pub fn browser() -> Result<Browser> {
    // Node first, because only the user can install it.
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
