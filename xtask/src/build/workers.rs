//! Builds the worker twice: for the GPU and for the processor.
//!
//! Each build consists of three files in `dist/worker/`: the wasm, wasm-bindgen's module that loads
//! it, and a small entry script that starts the module. Each name contains the hash of the contents
//! and stands in the file before it, so the wasm is named first and the entry last.

use super::{Flavour, KEEP_FEATURES, wasm_file, write_hashed};
use crate::setup::{TARGET, Tools};
use crate::{cargo, files, paths, shell};
use anyhow::{Context, Result, ensure};
use std::path::Path;

/// The device that a worker computes on.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    Gpu,
    Cpu,
}

impl Kind {
    /// The crate's feature, and the prefix of the files' names.
    fn name(self) -> &'static str {
        match self {
            Self::Gpu => "gpu",
            Self::Cpu => "cpu",
        }
    }

    fn profile(self) -> &'static str {
        match self {
            Self::Gpu => "worker-gpu",
            Self::Cpu => "worker-cpu",
        }
    }
}

/// Every current browser supports it, and the CPU worker is slow without it.
const SIMD: &str = "target-feature=+simd128";

/// Builds a worker into `staging` and returns the address of its entry script.
pub fn build(kind: Kind, flavour: Flavour, tools: &Tools, staging: &Path) -> Result<String> {
    let (name, profile) = (kind.name(), flavour.profile(kind.profile()));
    let features = ["--no-default-features", "--features", name];
    let bound = paths::scratch().join("bindgen").join(name);
    wasm("image2-worker", &features, profile, tools, name, &bound)?;
    assemble(name, &bound, &staging.join("worker"))
}

/// Builds `image2_bench.js`, the engine for the comparison, into `folder` with the CPU worker's
/// profile.
pub fn for_bench(tools: &Tools, folder: &Path) -> Result<()> {
    let profile = Kind::Cpu.profile();
    wasm("image2-bench", &[], profile, tools, "image2_bench", folder)
}

/// Builds `image2_bench_burn.js`, burn's kernels for the comparison, into `folder`. Its crate is
/// outside the workspace and has a target folder of its own.
pub fn burn_for_bench(tools: &Tools, folder: &Path) -> Result<()> {
    let target = cargo::target().join("bench-burn");
    let name = "image2_bench_burn";
    let crate_folder = paths::root().join("bench/burn");
    compile(&["--locked", "--release"], &crate_folder, &target)?;
    let wasm = target.join(TARGET).join("release");
    bind(tools, &wasm.join(format!("{name}.wasm")), name, folder)
}

/// Compiles a crate with SIMD and writes its wasm and module, called `name`, into `folder`.
fn wasm(
    package: &str,
    features: &[&str],
    profile: &str,
    tools: &Tools,
    name: &str,
    folder: &Path,
) -> Result<()> {
    let what = [&["--package", package, "--profile", profile], features].concat();
    compile(&what, paths::root(), cargo::target())?;
    let wasm = wasm_file(profile, &format!("{}.wasm", package.replace('-', "_")));
    bind(tools, &wasm, name, folder)
}

fn compile(what: &[&str], workspace: &Path, target: &Path) -> Result<()> {
    let flags = format!(r#"target.{TARGET}.rustflags=["-C","{SIMD}","-C","{KEEP_FEATURES}"]"#);
    cargo::command(["build", "--target", TARGET, "--config", &flags])
        .args(what)
        .arg("--target-dir")
        .arg(target)
        .in_dir(workspace)
        // If set, these would replace the flags above.
        .without("RUSTFLAGS")
        .without("CARGO_ENCODED_RUSTFLAGS")
        .run()
}

/// Runs wasm-bindgen on a compiled wasm.
fn bind(tools: &Tools, wasm: &Path, name: &str, folder: &Path) -> Result<()> {
    files::fresh_folder(folder)?;
    shell::program(&tools.wasm_bindgen)
        .args(["--target", "web", "--no-typescript"])
        .args(["--remove-name-section", "--remove-producers-section"])
        .args(["--out-name", name, "--out-dir"])
        .arg(folder)
        .arg(wasm)
        .run()
}

/// Copies wasm-bindgen's files from `bound` into `folder` under hashed names and adds the entry
/// script. Returns the entry's address.
fn assemble(name: &str, bound: &Path, folder: &Path) -> Result<String> {
    let wasm = files::read(&bound.join(format!("{name}_bg.wasm")))?;
    let wasm_name = write_hashed(folder, &format!("{name}_bg"), "wasm", &wasm)?;

    let plain = format!("{name}_bg.wasm");
    let bindings = files::read_text(&bound.join(format!("{name}.js")))?;
    ensure!(
        bindings.contains(&plain),
        "wasm-bindgen's module does not name {plain}"
    );
    let bindings = bindings.replace(&plain, &wasm_name);
    let bindings_name = write_hashed(
        folder,
        &format!("{name}-bindings"),
        "js",
        bindings.as_bytes(),
    )?;

    // JavaScript modules of dependencies. wasm-bindgen has put a hash into their folders' names.
    let snippets = bound.join("snippets");
    if snippets.is_dir() {
        files::copy_tree(&snippets, &folder.join("snippets"))
            .context("cannot copy the JavaScript modules of dependencies")?;
    }

    let entry = entry(&bindings_name);
    let entry_name = write_hashed(folder, name, "js", entry.as_bytes())?;
    Ok(format!("/worker/{entry_name}"))
}

/// A script that starts the wasm. If that fails, the script reports it as a message of the
/// protocol, because no other code of the worker is running yet.
///
/// A sibling, known by its name, is given the compiled wasm as its first message: it neither fetches
/// nor compiles it again.
fn entry(bindings_name: &str) -> String {
    let failed = failed_event();
    format!(
        "const given = name === 'sibling' && new Promise((resolve) => {{\n  \
           addEventListener('message', ({{ data }}) => resolve({{ module_or_path: data }}), {{ once: true }});\n\
         }});\n\
         Promise.all([import('./{bindings_name}'), given]).then(([module, code]) => {{\n  \
           return module.default(code || undefined);\n\
         }}).catch((error) => {{\n  \
           console.error(error);\n  \
           postMessage([JSON.stringify({failed}), []]);\n\
         }});\n"
    )
}

/// `Event::Failed` of the protocol. A browser test checks that the page understands it.
fn failed_event() -> serde_json::Value {
    serde_json::json!({
        "type": "failed",
        "id": null,
        "failure": {
            "code": "worker.start",
            "arguments": {},
            "remedy": "restart",
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_file_refers_to_the_next_by_its_hashed_name() {
        let folder = std::env::temp_dir().join(format!("image2-workers-{}", std::process::id()));
        let (bound, out) = (folder.join("bound"), folder.join("out"));
        files::write(&bound.join("gpu_bg.wasm"), b"\0asm").expect("writes");
        files::write(
            &bound.join("gpu.js"),
            "new URL('gpu_bg.wasm', import.meta.url)",
        )
        .expect("writes");
        let address = assemble("gpu", &bound, &out).expect("assembles");

        let entry =
            files::read_text(&out.join(address.trim_start_matches("/worker/"))).expect("reads");
        let (_, imported) = entry.split_once("import('./").expect("an import");
        let (bindings, _) = imported.split_once('\'').expect("an address");
        let bindings = files::read_text(&out.join(bindings)).expect("reads");
        let wasm = bindings.split('\'').nth(1).expect("an address");
        assert_eq!(files::read(&out.join(wasm)).expect("reads"), b"\0asm");
        files::remove_folder(&folder).expect("removes");
    }
}
