//! PNG files in a browser, by the browser's own compression: nothing is compressed in wasm, and large
//! pictures pass through it a few rows at a time.
//!
//! An error is the browser's own exception, for the log; what it means depends on the caller.

use js_sys::{ArrayBuffer, Promise, Reflect, Uint8Array};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsError, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};

use crate::container::{Crc, END, open_chunk};
use crate::export::over;
use crate::scanlines::Filter;
use crate::scanlines::unfilter::Unfilter;
use crate::write::{Layout, rows};
use crate::{Colour, Parameters, Picture};

/// Scanlines go to the browser in parts of at least this many bytes.
const PART_BYTES: usize = 1 << 16;

#[wasm_bindgen]
extern "C" {
    type CompressionStream;
    #[wasm_bindgen(constructor)]
    fn new(format: &str) -> CompressionStream;
    #[wasm_bindgen(method, getter)]
    fn readable(this: &CompressionStream) -> JsValue;
    #[wasm_bindgen(method, getter)]
    fn writable(this: &CompressionStream) -> WritableStream;

    type DecompressionStream;
    #[wasm_bindgen(constructor)]
    fn new(format: &str) -> DecompressionStream;
    #[wasm_bindgen(method, getter)]
    fn readable(this: &DecompressionStream) -> ReadableStream;
    #[wasm_bindgen(method, getter)]
    fn writable(this: &DecompressionStream) -> WritableStream;

    type WritableStream;
    #[wasm_bindgen(method, js_name = getWriter)]
    fn writer(this: &WritableStream) -> Writer;

    type Writer;
    #[wasm_bindgen(method)]
    fn write(this: &Writer, bytes: Uint8Array) -> Promise;
    #[wasm_bindgen(method)]
    fn close(this: &Writer) -> Promise;
    #[wasm_bindgen(method)]
    fn abort(this: &Writer) -> Promise;

    /// A stream of bytes.
    pub type ReadableStream;
    #[wasm_bindgen(method, js_name = getReader)]
    fn reader(this: &ReadableStream) -> Reader;

    type Reader;
    #[wasm_bindgen(method)]
    fn read(this: &Reader) -> Promise;

    type Response;
    #[wasm_bindgen(constructor)]
    fn new(body: &JsValue) -> Response;
    #[wasm_bindgen(method, js_name = arrayBuffer)]
    fn array_buffer(this: &Response) -> Promise;
}

/// Encodes a picture as a PNG file with the AI mark and without parameters.
///
/// # Errors
/// The browser's.
pub async fn encode_png(picture: &Picture) -> Result<Uint8Array, JsValue> {
    let layout = Layout::of(picture);
    let mut pixels = Pixels::new(layout);
    for row in rows(picture, layout) {
        pixels.push(&row).await?;
    }
    pixels.finish(layout.bare_head()).await
}

/// Encodes a picture of this crate's once more, on a ground. `pixels` are the compressed pixels of its
/// file; see [`Layout::pixels`]. `pause` is awaited every few milliseconds: the browser's streams alone
/// would not let anything else happen before the end.
///
/// # Errors
/// The browser's, also where `pixels` are no zlib stream of this layout.
pub async fn encode_png_over(
    layout: Layout,
    pixels: &ReadableStream,
    ground: Colour,
    parameters: Option<&Parameters>,
    pause: impl AsyncFn(),
) -> Result<Uint8Array, JsValue> {
    let stream = DecompressionStream::new("deflate");
    let (compressed, writer) = (pixels.reader(), stream.writable().writer());
    spawn_local(async move {
        if feed(&compressed, &writer).await.is_err() {
            // Fails the reader below as well.
            _ = JsFuture::from(writer.abort()).await;
        }
    });
    let reader = stream.readable().reader();
    let mut unfilter = Unfilter::new(layout.row_bytes(), layout.bytes_per_pixel());
    let opaque = Layout {
        is_opaque: true,
        ..layout
    };
    let mut out = Pixels::new(opaque);
    let mut missing = layout.height;
    while let Some(part) = next_part(&reader).await? {
        let mut rows = vec![];
        let undone = unfilter.push(&part.to_vec(), |row| {
            rows.push(match layout.is_opaque {
                true => row.to_vec(),
                false => row
                    .as_chunks()
                    .0
                    .iter()
                    .flat_map(|pixel| over(pixel, ground))
                    .collect(),
            });
        });
        undone.map_err(|unknown| JsError::new(&format!("{unknown:?}")))?;
        for row in &rows {
            missing = missing
                .checked_sub(1)
                .ok_or_else(|| JsError::new("surplus rows"))?;
            if out.push(row).await? {
                pause().await;
            }
        }
    }
    match missing {
        0 => {
            let head = parameters.map(|parameters| opaque.full_head(parameters));
            out.finish(head.unwrap_or_else(|| opaque.bare_head())).await
        }
        _ => Err(JsError::new("missing rows").into()),
    }
}

/// The rows of a file on their way through the browser's compression.
struct Pixels {
    filter: Filter,
    writer: Writer,
    scanlines: Vec<u8>,
    /// The compressed bytes, once all rows were written.
    compressed: Promise,
}

impl Pixels {
    fn new(layout: Layout) -> Self {
        let stream = CompressionStream::new("deflate");
        Self {
            filter: Filter::new(layout.row_bytes(), layout.bytes_per_pixel()),
            writer: stream.writable().writer(),
            scanlines: Vec::with_capacity(PART_BYTES + 1 + layout.row_bytes()),
            compressed: Response::new(&stream.readable()).array_buffer(),
        }
    }

    /// Returns whether a part went to the browser.
    async fn push(&mut self, row: &[u8]) -> Result<bool, JsValue> {
        self.filter.push(row, &mut self.scanlines);
        let is_full = self.scanlines.len() >= PART_BYTES;
        if is_full {
            self.flush().await?;
        }
        Ok(is_full)
    }

    async fn flush(&mut self) -> Result<(), JsValue> {
        let part = Uint8Array::from(&self.scanlines[..]);
        self.scanlines.clear();
        JsFuture::from(self.writer.write(part)).await.map(|_| ())
    }

    /// The file, which begins with `head`.
    async fn finish(mut self, head: Vec<u8>) -> Result<Uint8Array, JsValue> {
        self.flush().await?;
        JsFuture::from(self.writer.close()).await?;
        let compressed = JsFuture::from(self.compressed).await?;
        let compressed = Uint8Array::new(&compressed.unchecked_into::<ArrayBuffer>());
        let kind = b"IDAT";
        let mut crc = Crc::of(kind);
        let length = compressed.length();
        for start in (0..length).step_by(PART_BYTES) {
            let end = length.min(start + PART_BYTES as u32);
            crc.push(&compressed.subarray(start, end).to_vec());
        }
        let before = [&head[..], &open_chunk(kind, length as usize)].concat();
        let after = [&crc.to_bytes()[..], END].concat();
        let file = Uint8Array::new_with_length(before.len() as u32 + length + after.len() as u32);
        file.set(&Uint8Array::from(&before[..]), 0);
        file.set(&compressed, before.len() as u32);
        file.set(&Uint8Array::from(&after[..]), before.len() as u32 + length);
        Ok(file)
    }
}

/// Writes all of a stream in small parts: a browser decompresses a whole part at once, and a part of an
/// empty picture may be a thousand times as large then.
async fn feed(from: &Reader, to: &Writer) -> Result<(), JsValue> {
    const FED_BYTES: u32 = 1 << 12;
    while let Some(part) = next_part(from).await? {
        let length = part.length();
        for start in (0..length).step_by(FED_BYTES as usize) {
            let bytes = part.slice(start, length.min(start + FED_BYTES));
            JsFuture::from(to.write(bytes)).await?;
        }
    }
    JsFuture::from(to.close()).await.map(|_| ())
}

/// The next part of a stream; `None` at its end.
async fn next_part(reader: &Reader) -> Result<Option<Uint8Array>, JsValue> {
    let result = JsFuture::from(reader.read()).await?;
    let is_done = Reflect::get(&result, &"done".into())?.is_truthy();
    let value = Reflect::get(&result, &"value".into())?;
    Ok((!is_done).then(|| value.unchecked_into()))
}
