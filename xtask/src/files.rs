//! Files and folders: walking, copying, hashing, and replacing a folder as a whole.

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// All files under `folder`, sorted. `skip` receives paths relative to `folder`; a folder that it
/// skips is not entered.
pub fn walk(folder: &Path, skip: &dyn Fn(&Path) -> bool) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        let entries =
            fs::read_dir(&next).with_context(|| format!("cannot list {}", next.display()))?;
        for entry in entries {
            let entry = entry?;
            let path = entry.path();
            if skip(path.strip_prefix(folder)?) {
                continue;
            }
            // Follows links: the contents of a linked folder are part of the result.
            if path.is_dir() {
                open.push(path);
            } else {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

/// A `skip` for [`walk`] that skips nothing.
pub fn everything(_: &Path) -> bool {
    false
}

/// SHA-256 in hex.
pub fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// The first 16 hex digits of the SHA-256, which identify a file's contents.
pub fn short_hash(bytes: &[u8]) -> String {
    let mut text = hash(bytes);
    text.truncate(16);
    text
}

/// One SHA-256 over the names, relative to `base`, and the contents of `files`.
pub fn hash_files(base: &Path, files: &[PathBuf]) -> Result<String> {
    let mut all = Sha256::new();
    for file in files {
        let name = file
            .strip_prefix(base)?
            .to_string_lossy()
            .replace('\\', "/");
        all.update(name.as_bytes());
        all.update([0]);
        all.update(Sha256::digest(read(file)?));
    }
    Ok(all
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect())
}

pub fn read(file: &Path) -> Result<Vec<u8>> {
    fs::read(file).with_context(|| format!("cannot read {}", file.display()))
}

pub fn read_text(file: &Path) -> Result<String> {
    fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))
}

/// Writes a file and creates its parent folders.
pub fn write(file: &Path, bytes: impl AsRef<[u8]>) -> Result<()> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)
            .with_context(|| format!("cannot create {}", folder.display()))?;
    }
    fs::write(file, bytes).with_context(|| format!("cannot write {}", file.display()))
}

/// Creates an empty folder at `path`; an existing one is removed first.
pub fn fresh_folder(path: &Path) -> Result<()> {
    remove_folder(path)?;
    fs::create_dir_all(path).with_context(|| format!("cannot create {}", path.display()))
}

/// Removes a folder with its contents; a missing folder is not an error.
pub fn remove_folder(path: &Path) -> Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", path.display()))
        }
        _ => Ok(()),
    }
}

/// Copies the contents of the folder `from` into the folder `to`.
pub fn copy_tree(from: &Path, to: &Path) -> Result<()> {
    for file in walk(from, &everything)? {
        write(&to.join(file.strip_prefix(from)?), read(&file)?)?;
    }
    Ok(())
}

/// Replaces the folder `old` by `new` with two renames. An interrupted build leaves either the old
/// folder or the new one, never a mixture.
pub fn swap_folder(new: &Path, old: &Path) -> Result<()> {
    let retired = new.with_extension("old");
    remove_folder(&retired)?;
    if old.exists() {
        fs::rename(old, &retired).with_context(|| format!("cannot move {}", old.display()))?;
    }
    fs::rename(new, old).with_context(|| format!("cannot put {} in place", old.display()))?;
    remove_folder(&retired)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scratch(name: &str) -> PathBuf {
        let folder =
            std::env::temp_dir().join(format!("image2-xtask-{name}-{}", std::process::id()));
        fresh_folder(&folder).expect("creates a folder");
        folder
    }

    #[test]
    fn renaming_a_file_changes_the_hash() {
        let folder = scratch("hash");
        write(&folder.join("a"), "same").expect("writes");
        let first =
            hash_files(&folder, &walk(&folder, &everything).expect("walks")).expect("hashes");
        fs::rename(folder.join("a"), folder.join("b")).expect("renames");
        let second =
            hash_files(&folder, &walk(&folder, &everything).expect("walks")).expect("hashes");
        assert_ne!(first, second);
        remove_folder(&folder).expect("removes");
    }

    #[test]
    fn swapping_removes_the_old_folders_files() {
        let folder = scratch("swap");
        let (new, old) = (folder.join("new"), folder.join("old-place"));
        write(&old.join("stale.js"), "1").expect("writes");
        write(&new.join("fresh.js"), "2").expect("writes");
        swap_folder(&new, &old).expect("swaps");
        assert!(old.join("fresh.js").exists() && !old.join("stale.js").exists() && !new.exists());
        remove_folder(&folder).expect("removes");
    }

    #[test]
    fn a_short_hash_has_sixteen_digits() {
        assert_eq!(short_hash(b""), "e3b0c44298fc1c14");
    }
}
