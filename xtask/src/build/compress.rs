//! Writes a Brotli copy beside each file that compresses well, so that the server need not
//! compress.
//!
//! At the highest quality a large wasm takes a minute. Copies are therefore cached by the hash of
//! the original.

use crate::{files, paths};
use anyhow::Result;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

const QUALITY: i32 = 11;
/// Log2 of the window in bytes: 16 MiB, the largest that every browser accepts.
const WINDOW: i32 = 24;
/// A smaller file fits into one network packet as it is.
const SIZE_MIN_BYTES: usize = 1024;
/// Extensions of formats that are not compressed already.
const WORTHWHILE: [&str; 11] = [
    "css",
    "ftl",
    "html",
    "ico",
    "js",
    "json",
    "mjs",
    "svg",
    "txt",
    "wasm",
    "webmanifest",
];

/// Compresses the files under `folder`, on all cores.
pub fn folder(folder: &Path) -> Result<()> {
    let mut todo = files::walk(folder, &files::everything)?;
    todo.retain(|file| {
        file.extension()
            .is_some_and(|extension| WORTHWHILE.iter().any(|known| extension == *known))
    });
    // Largest first: a large file started last would leave the other cores idle.
    todo.sort_by_key(|file| std::cmp::Reverse(file.metadata().map_or(0, |data| data.len())));

    let next = AtomicUsize::new(0);
    let failed = Mutex::new(None);
    let threads = std::thread::available_parallelism().map_or(1, NonZero::get);
    std::thread::scope(|scope| {
        for _ in 0..threads.min(todo.len()) {
            scope.spawn(|| {
                while let Some(path) = todo.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Err(error) = file(path) {
                        *failed.lock().expect("no thread panics with the lock") = Some(error);
                    }
                }
            });
        }
    });
    match failed.into_inner().expect("no thread panics with the lock") {
        Some(error) => Err(error),
        None => Ok(()),
    }
}

fn file(path: &Path) -> Result<()> {
    let bytes = files::read(path)?;
    if bytes.len() < SIZE_MIN_BYTES {
        return Ok(());
    }
    let kept = paths::scratch()
        .join("brotli")
        .join(format!("{}-{QUALITY}-{WINDOW}", files::hash(&bytes)));
    let packed = match std::fs::read(&kept) {
        Ok(packed) => packed,
        Err(_) => {
            let packed = pack(&bytes)?;
            // Written under another name and renamed, so that an interrupted run leaves no partial
            // copy in the cache.
            let half = kept.with_extension(format!("half-{:?}", std::thread::current().id()));
            files::write(&half, &packed)?;
            std::fs::rename(&half, &kept)?;
            packed
        }
    };
    if packed.len() < bytes.len() {
        files::write(&copy_of(path), packed)?;
    }
    Ok(())
}

fn pack(mut bytes: &[u8]) -> Result<Vec<u8>> {
    let params = brotli::enc::BrotliEncoderParams {
        quality: QUALITY,
        lgwin: WINDOW,
        size_hint: bytes.len(),
        ..Default::default()
    };
    let mut packed = Vec::new();
    brotli::BrotliCompress(&mut bytes, &mut packed, &params)?;
    Ok(packed)
}

/// The path of `path`'s compressed copy.
pub fn copy_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".br");
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compression_is_lossless() {
        let text = "the same words again and again, ".repeat(200);
        let packed = pack(text.as_bytes()).expect("packs");
        assert!(packed.len() < text.len() / 10);
        let mut unpacked = Vec::new();
        brotli::BrotliDecompress(&mut packed.as_slice(), &mut unpacked).expect("unpacks");
        assert_eq!(unpacked, text.as_bytes());
    }
}
