//! A package over HTTP: file by file, with progress, each verified before it is used.

use image2_models::Opening;
use image2_package::{FileEntry, limits};
use image2_protocol::Event;
use js_sys::{Reflect, Uint8Array};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::JsValue;
use wasm_bindgen_futures::JsFuture;
use web_sys::{ReadableStreamDefaultReader, RequestCache, RequestInit, Response};

use crate::failure::WorkerError;
use crate::wire;

/// Where a package is fetched from.
pub(crate) struct Source<'a> {
    /// The folder's address, ending in a slash.
    pub(crate) url: &'a str,
    /// Whether to bypass the browser's cache.
    pub(crate) fresh: bool,
}

impl Source<'_> {
    /// Fetches the manifest.
    pub(crate) async fn manifest(&self) -> Result<Vec<u8>, WorkerError> {
        let url = format!("{}manifest.json", self.url);
        get(&url, self.fresh, None, |_| {}).await
    }

    /// Fetches every file that is needed and puts it on the device; `keep` receives each.
    pub(crate) async fn files(
        &self,
        opening: &mut Opening,
        mut keep: impl FnMut(&str, Vec<u8>),
    ) -> Result<(), WorkerError> {
        let files: Vec<FileEntry> = opening.files().cloned().collect();
        let total_bytes = files.iter().map(|file| file.size_bytes).sum();
        let mut before = 0;
        for entry in files {
            let FileEntry {
                name, size_bytes, ..
            } = &entry;
            let report = |bytes| {
                wire::send(&Event::Loading {
                    received_bytes: before + bytes,
                    total_bytes,
                });
            };
            // A replaced package has files of the same names. The address identifies the whole content,
            // so that the browser cannot answer with a cached copy of the old ones.
            let address = format!("{}{name}?{}", self.url, entry.content_digest());
            let bytes = get(&address, self.fresh, Some(*size_bytes), report).await?;
            opening.add(name, &bytes)?;
            before += size_bytes;
            keep(name, bytes);
        }
        Ok(())
    }
}

/// Reads a whole file of at most `size_bytes`, the size in the manifest. A longer answer is
/// aborted, so that a hostile server cannot fill the memory.
async fn get(
    url: &str,
    fresh: bool,
    size_bytes: Option<u64>,
    report: impl Fn(u64),
) -> Result<Vec<u8>, WorkerError> {
    let failed = |error: JsValue| WorkerError::Fetch {
        url: url.to_owned(),
        reason: wire::describe(&error),
    };
    let options = RequestInit::new();
    options.set_cache(if fresh {
        RequestCache::Reload
    } else {
        RequestCache::Default
    });
    let answer = wire::scope().fetch_with_str_and_init(url, &options);
    let response: Response = JsFuture::from(answer)
        .await
        .map_err(failed)?
        .unchecked_into();
    if !response.ok() {
        return Err(WorkerError::Fetch {
            url: url.to_owned(),
            reason: format!("HTTP status {}", response.status()),
        });
    }
    let limit = size_bytes.unwrap_or(limits::MANIFEST_BYTES);
    // Grows by doubling as bytes arrive, but never beyond the stated size, which is only a claim.
    let mut bytes: Vec<u8> = Vec::new();
    let Some(body) = response.body() else {
        return Ok(bytes);
    };
    let reader: ReadableStreamDefaultReader = body.get_reader().unchecked_into();
    loop {
        let result = JsFuture::from(reader.read()).await.map_err(failed)?;
        if Reflect::get(&result, &"done".into())
            .map_err(failed)?
            .is_truthy()
        {
            return Ok(bytes);
        }
        let part: Uint8Array = Reflect::get(&result, &"value".into())
            .map_err(failed)?
            .unchecked_into();
        if bytes.len() as u64 + u64::from(part.length()) > limit {
            let _ = reader.cancel();
            return Err(WorkerError::Fetch {
                url: url.to_owned(),
                reason: format!("longer than {limit} bytes"),
            });
        }
        let (start, more) = (bytes.len(), part.length() as usize);
        if bytes.capacity() - start < more {
            let room = limit as usize - start;
            bytes
                .try_reserve_exact(more.max(start).min(room))
                .map_err(|_| WorkerError::Memory)?;
        }
        bytes.resize(start + more, 0);
        part.copy_to(&mut bytes[start..]);
        report(bytes.len() as u64);
    }
}
