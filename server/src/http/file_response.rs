//! From an open file to an HTTP response: conditions, ranges, headers (RFC 9110, sections 13 and 14).
//!
//! Contract: one range is answered with 206, several or a malformed one with the whole file, one
//! beyond the end with 416. There is no `Last-Modified`: times differ between instances, and two
//! validators that disagree are worse than one.

use std::ops::RangeInclusive;

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use headers::{
    AcceptRanges, ContentLength, ContentRange, ETag, HeaderMapExt, IfMatch, IfNoneMatch, IfRange,
};
use http_range_header::{RangeUnsatisfiableError, parse_range_header};

use super::error::Error;
use crate::files::{FilePath, OpenFile, stream};

/// The address names its content, so a browser may keep it and never ask again.
pub(super) const IMMUTABLE: HeaderValue =
    HeaderValue::from_static("public, max-age=31536000, immutable");
/// Keep for a year, but ask again on a reload.
pub(super) const ONE_YEAR: HeaderValue = HeaderValue::from_static("public, max-age=31536000");
/// For large files whose address does not name their content: a replaced one is noticed soon.
pub(super) const TEN_MINUTES: HeaderValue = HeaderValue::from_static("public, max-age=600");
/// Keep, but ask before each use whether it is current.
pub(super) const REVALIDATE: HeaderValue = HeaderValue::from_static("no-cache");

/// A file ready to be sent and the headers that describe it.
pub(super) struct FileResponse {
    open: OpenFile,
    etag: ETag,
    /// Headers of 200, 206 and 304 alike: `Cache-Control`, `Vary`.
    caching: HeaderMap,
    /// Headers of the content: `Content-Type`, `Content-Encoding`.
    content: HeaderMap,
}

impl FileResponse {
    /// A response with the bytes of `open`, whose SHA-256 in hexadecimal is `digest`. The content
    /// type follows from `name`, which for a compressed copy is the name of the plain file.
    pub(super) fn new(
        open: OpenFile,
        digest: &str,
        name: &FilePath,
        cache_control: HeaderValue,
    ) -> Result<Self, Error> {
        let etag = format!("\"{digest}\"").parse();
        Ok(Self {
            open,
            etag: etag.map_err(|_| Error::Internal("a digest is not an ETag".to_owned()))?,
            caching: HeaderMap::from_iter([(header::CACHE_CONTROL, cache_control)]),
            content: HeaderMap::from_iter([(header::CONTENT_TYPE, content_type(name))]),
        })
    }

    pub(super) fn encoded_as_brotli(mut self) -> Self {
        let brotli = HeaderValue::from_static("br");
        self.content.insert(header::CONTENT_ENCODING, brotli);
        self
    }

    /// Tells caches that the response depends on `Accept-Encoding`.
    pub(super) fn varying_by_encoding(mut self) -> Self {
        let name = HeaderValue::from_static("Accept-Encoding");
        self.caching.insert(header::VARY, name);
        self
    }

    /// Answers a GET or HEAD.
    pub(super) fn answer(self, method: &Method, request: &HeaderMap) -> Result<Response, Error> {
        let etag = &self.etag;
        let mut headers = self.caching;
        headers.typed_insert(etag.clone());
        headers.typed_insert(AcceptRanges::bytes());

        if let Some(condition) = request.typed_get::<IfMatch>()
            && !condition.precondition_passes(etag)
        {
            return Err(Error::PreconditionFailed);
        }
        if let Some(condition) = request.typed_get::<IfNoneMatch>()
            && !condition.precondition_passes(etag)
        {
            return Ok((StatusCode::NOT_MODIFIED, headers).into_response());
        }

        headers.extend(self.content);
        let size_bytes = self.open.version.size_bytes;
        // Ranges are defined for GET alone.
        let range = if method == Method::GET {
            requested_range(request, etag, size_bytes)?
        } else {
            None
        };
        let (status, start, length) = match range {
            Some(range) => {
                let (start, end) = (*range.start(), *range.end());
                let content_range = ContentRange::bytes(start..=end, size_bytes)
                    .map_err(|_| Error::RangeNotSatisfiable { size_bytes })?;
                headers.typed_insert(content_range);
                (StatusCode::PARTIAL_CONTENT, start, end - start + 1)
            }
            None => (StatusCode::OK, 0, size_bytes),
        };
        headers.typed_insert(ContentLength(length));
        let body = if method == Method::HEAD || length == 0 {
            Body::empty()
        } else {
            Body::from_stream(stream(self.open, start, length))
        };
        Ok((status, headers, body).into_response())
    }
}

/// The one range to send; `None` for the whole file.
fn requested_range(
    request: &HeaderMap,
    etag: &ETag,
    size_bytes: u64,
) -> Result<Option<RangeInclusive<u64>>, Error> {
    let mut lines = request.get_all(header::RANGE).into_iter();
    let (Some(line), None) = (lines.next(), lines.next()) else {
        return Ok(None);
    };
    // A malformed `If-Range` counts as another version: the whole file is always correct.
    let same_version = match request.typed_try_get::<IfRange>() {
        Ok(condition) => condition.is_none_or(|it| !it.is_modified(Some(etag), None)),
        Err(_) => false,
    };
    let Some(ranges) = line
        .to_str()
        .ok()
        .and_then(|line| parse_range_header(line).ok())
        .filter(|ranges| same_version && ranges.len() == 1)
    else {
        return Ok(None);
    };
    match ranges.validate(size_bytes) {
        Ok(mut ranges) => Ok(ranges.pop()),
        Err(RangeUnsatisfiableError::Unsatisfiable) => {
            Err(Error::RangeNotSatisfiable { size_bytes })
        }
        Err(_) => Ok(None),
    }
}

/// By extension. Text is UTF-8, like everything that the build writes.
fn content_type(name: &FilePath) -> HeaderValue {
    let kind = mime_guess::from_path(name.as_path()).first_raw();
    match kind {
        Some(kind) if kind.starts_with("text/") => {
            HeaderValue::try_from(format!("{kind}; charset=utf-8")).ok()
        }
        Some(kind) => Some(HeaderValue::from_static(kind)),
        None => None,
    }
    .unwrap_or(HeaderValue::from_static("application/octet-stream"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_content_types() {
        for (name, expected) in [
            ("/index.html", "text/html; charset=utf-8"),
            ("/a.js", "text/javascript; charset=utf-8"),
            ("/a.css", "text/css; charset=utf-8"),
            ("/a.wasm", "application/wasm"),
            ("/a.webmanifest", "application/manifest+json"),
            ("/a.json", "application/json"),
            ("/a.svg", "image/svg+xml"),
            ("/a.png", "image/png"),
            ("/a.woff2", "font/woff2"),
            ("/a.safetensors", "application/octet-stream"),
            ("/LICENSE", "application/octet-stream"),
        ] {
            let path = FilePath::parse(name).expect("a plain name");
            assert_eq!(content_type(&path), expected, "{name}");
        }
    }
}
