//! The worker, twice: for the GPU and for the processor.
//!
//! Each becomes three files in `dist/worker/`: the wasm, wasm-bindgen's module, and a small entry
//! that starts them. All are named by their contents, innermost first, since each names the next.

use super::{Flavour, KEEP_FEATURES, wasm_file, write_hashed};
use crate::setup::{TARGET, Tools};
use crate::{files, paths, shell};
use anyhow::{Context, Result, ensure};
use std::path::Path;

#[derive(Clone, Copy, Debug)]
pub enum Kind {
    Gpu,
    Cpu,
}

impl Kind {
    /// The feature, and the files' first word.
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

/// Every browser that is still updated has it, and without it the CPU worker is slow.
const SIMD: &str = "target-feature=+simd128";

/// Returns the entry's address in the app.
pub fn build(kind: Kind, flavour: Flavour, tools: &Tools, staging: &Path) -> Result<String> {
    let (name, profile) = (kind.name(), flavour.profile(kind.profile()));
    let features = ["--no-default-features", "--features", name];
    let bound = paths::scratch().join("bindgen").join(name);
    wasm("image2-worker", &features, profile, tools, name, &bound)?;
    assemble(name, &bound, &staging.join("worker"))
}

/// What the comparison measures, compiled as the CPU worker is: `image2_bench.js` in `folder`.
pub fn for_bench(tools: &Tools, folder: &Path) -> Result<()> {
    let profile = Kind::Cpu.profile();
    wasm("image2-bench", &[], profile, tools, "image2_bench", folder)
}

/// Plain burn for the comparison, `image2_bench_burn.js` in `folder`. Its crate is none of the
/// workspace's, and its dependencies are compiled apart.
pub fn burn_for_bench(tools: &Tools, folder: &Path) -> Result<()> {
    let target = paths::target().join("bench-burn");
    let name = "image2_bench_burn";
    let crate_folder = paths::root().join("bench/burn");
    compile(&["--locked", "--release"], &crate_folder, &target)?;
    let wasm = target.join(TARGET).join("release");
    bind(tools, &wasm.join(format!("{name}.wasm")), name, folder)
}

/// Compiles a package with SIMD, and has wasm-bindgen write `name`'s files into `folder`.
fn wasm(
    package: &str,
    features: &[&str],
    profile: &str,
    tools: &Tools,
    name: &str,
    folder: &Path,
) -> Result<()> {
    let what = [&["--package", package, "--profile", profile], features].concat();
    compile(&what, paths::root(), paths::target())?;
    let wasm = wasm_file(profile, &format!("{}.wasm", package.replace('-', "_")));
    bind(tools, &wasm, name, folder)
}

fn compile(what: &[&str], workspace: &Path, target: &Path) -> Result<()> {
    let flags = format!(r#"target.{TARGET}.rustflags=["-C","{SIMD}","-C","{KEEP_FEATURES}"]"#);
    shell::cargo(["build", "--target", TARGET, "--config", &flags])
        .args(what)
        .arg("--target-dir")
        .arg(target)
        .in_dir(workspace)
        // Set, these would replace the flags above.
        .without("RUSTFLAGS")
        .without("CARGO_ENCODED_RUSTFLAGS")
        .run()
}

/// Has wasm-bindgen write `name`'s files into `folder`.
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

/// Names what wasm-bindgen left in `bound` by contents, adds the entry, puts all into `folder`.
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

    // Modules that crates bring along; their folders carry a hash already.
    let snippets = bound.join("snippets");
    if snippets.is_dir() {
        files::copy_tree(&snippets, &folder.join("snippets"))
            .context("cannot copy the modules that crates bring along")?;
    }

    let entry = entry(&bindings_name);
    let entry_name = write_hashed(folder, name, "js", entry.as_bytes())?;
    Ok(format!("/worker/{entry_name}"))
}

/// Starts the wasm, and says so in the protocol's words if it does not start: until the wasm
/// runs, nobody else in the worker can.
fn entry(bindings_name: &str) -> String {
    let failed = failed_event();
    format!(
        "import('./{bindings_name}').then((module) => module.default()).catch((error) => {{\n  \
           console.error(error);\n  \
           postMessage([JSON.stringify({failed}), []]);\n\
         }});\n"
    )
}

/// `Event::Failed` of the protocol; a browser test has the interface read it.
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
    fn each_file_names_the_next_by_its_contents() {
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
        let bindings = entry
            .split('\'')
            .nth(1)
            .expect("an import")
            .trim_start_matches("./")
            .to_owned();
        let bindings = files::read_text(&out.join(bindings)).expect("reads");
        let wasm = bindings.split('\'').nth(1).expect("an address");
        assert_eq!(files::read(&out.join(wasm)).expect("reads"), b"\0asm");
        files::remove_folder(&folder).expect("removes");
    }
}
