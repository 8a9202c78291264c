//! The tools of the browser tests: Chromium, a software Vulkan driver, Node and its packages.

use crate::{files, paths, shell};
use anyhow::{Context, Result, bail, ensure};
use std::path::{Path, PathBuf};

/// The oldest version with the test runner's features that the tests use.
const NODE_MAJOR_MIN: u32 = 20;

const DRIVER_FOLDERS: [&str; 3] = [
    "/usr/share/vulkan/icd.d",
    "/usr/local/share/vulkan/icd.d",
    "/etc/vulkan/icd.d",
];

const MAC_CHROME: &str = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome";

/// Chromium's file; on Debian and Ubuntu, as root, it is installed if missing.
pub fn chromium() -> Result<PathBuf> {
    if let Some(file) = find_chromium() {
        return Ok(file);
    }
    shell::timed("install Chromium", || apt("chromium"))?;
    find_chromium().context("Chromium did not install; set CHROMIUM to its file")
}

/// The description file of Mesa's software driver, which is installed like Chromium. `None` on macOS
/// and Windows, which have GPU interfaces of their own.
pub fn vulkan() -> Result<Option<PathBuf>> {
    if !cfg!(target_os = "linux") {
        return Ok(None);
    }
    if let Some(file) = find_vulkan() {
        return Ok(Some(file));
    }
    shell::timed("install Mesa's software Vulkan driver", || {
        apt("mesa-vulkan-drivers")
    })?;
    find_vulkan()
        .context("Mesa's software Vulkan driver did not install")
        .map(Some)
}

fn apt(package: &str) -> Result<()> {
    if shell::find("apt-get").is_none() {
        bail!(
            "{package} is missing; install it with your system's packages (Fedora: dnf install \
             chromium mesa-vulkan-drivers; Arch: pacman -S chromium vulkan-swrast; macOS: brew \
             install --cask chromium)"
        );
    }
    if shell::program("id").arg("-u").read()?.trim() != "0" {
        bail!("{package} is missing; run: sudo apt-get install {package}");
    }
    let apt_get = || shell::program("apt-get").env("DEBIAN_FRONTEND", "noninteractive");
    apt_get().args(["update", "--quiet"]).run()?;
    apt_get()
        .args(["install", "--yes", "--quiet", package])
        .run()
}

fn find_chromium() -> Option<PathBuf> {
    if let Some(chosen) = std::env::var_os("CHROMIUM") {
        return Some(PathBuf::from(chosen));
    }
    let names = [
        "chromium",
        "chromium-browser",
        "google-chrome",
        "google-chrome-stable",
    ];
    let mac = Some(PathBuf::from(MAC_CHROME)).filter(|file| file.is_file());
    names.iter().find_map(|name| shell::find(name)).or(mac)
}

fn find_vulkan() -> Option<PathBuf> {
    let folders = DRIVER_FOLDERS
        .iter()
        .filter_map(|folder| std::fs::read_dir(folder).ok());
    folders.flatten().find_map(|entry| {
        let path = entry.ok()?.path();
        let is_it = path.file_name()?.to_str()?.starts_with("lvp_icd");
        is_it.then_some(path)
    })
}

/// Node's file, after the packages of `folder` are installed.
pub fn node_with_packages(folder: &str) -> Result<PathBuf> {
    let how = format!("install Node {NODE_MAJOR_MIN} or newer, with npm");
    let node = shell::find("node").with_context(|| format!("there is no Node: {how}"))?;
    let version = shell::program(&node).arg("--version").read()?;
    let major = version
        .trim()
        .trim_start_matches('v')
        .split('.')
        .next()
        .and_then(|text| text.parse().ok());
    ensure!(
        major >= Some(NODE_MAJOR_MIN),
        "Node {} is too old: {how}",
        version.trim()
    );
    let npm = shell::find("npm").with_context(|| format!("there is no npm: {how}"))?;

    let folder = paths::root().join(folder);
    let lock = files::hash(&files::read(&folder.join("package-lock.json"))?);
    let stamp = folder.join("node_modules/.image2-lock");
    if std::fs::read_to_string(&stamp).is_ok_and(|stamped| stamped == lock) {
        return Ok(node);
    }
    shell::timed("install Node packages", || npm_ci(&npm, &folder))?;
    files::write(&stamp, lock)?;
    Ok(node)
}

fn npm_ci(npm: &Path, folder: &Path) -> Result<()> {
    shell::program(npm)
        .args(["ci", "--no-audit", "--no-fund", "--ignore-scripts"])
        .in_dir(folder)
        // Tests use the system's browser, so no package may download one.
        .env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")
        .run()
}
