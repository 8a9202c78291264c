//! `cargo xtask screenshots`: the README's pictures of the app, taken from the released product.

use crate::build::{self, Flavour};
use crate::{files, paths, setup, shell};
use anyhow::{Result, ensure};
use std::process::ExitCode;

/// The README is read on slow connections, too.
const SIZE_MAX_BYTES: u64 = 120_000;

/// Builds the product, takes the screenshots and checks their sizes.
pub fn take() -> Result<ExitCode> {
    let browser = setup::browser()?;
    build::everything(Flavour::Release, &setup::for_build()?)?;
    let server = build::server(Flavour::Release)?;
    let folder = paths::root().join("assets/readme");
    shell::program(browser.node)
        .arg("screenshots.mjs")
        .arg(&folder)
        .in_dir(paths::root().join("tests/browser"))
        .env("CHROMIUM", browser.chromium)
        .env("IMAGE2_SERVER", server)
        .env("IMAGE2_DIST", paths::dist())
        .env("IMAGE2_MODELS", paths::models())
        .run()?;
    for file in files::walk(&folder, &files::everything)? {
        let size_bytes = file.metadata()?.len();
        println!("  {}: {} kB", file.display(), size_bytes.div_ceil(1000));
        ensure!(
            size_bytes <= SIZE_MAX_BYTES,
            "{} is larger than {} kB",
            file.display(),
            SIZE_MAX_BYTES / 1000
        );
    }
    Ok(ExitCode::SUCCESS)
}
