//! The built app (Trunk's `dist`): every address that no other resource owns.
//!
//! Contract: a file answers under its own name, compressed if it has a Brotli copy that belongs to
//! it and the client accepts Brotli. Any other address without a dot is a route inside the app and
//! answers `index.html`. Everything else is 404, so that a missing script is an error, not a page.

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, Method, Uri},
    response::Response,
};
use percent_encoding::percent_decode_str;

use super::{
    accept_encoding::accepts_brotli,
    error::Error,
    file_response::{FileResponse, IMMUTABLE, REVALIDATE},
    state::AppState,
};
use crate::files::{FilePath, Folder};

const INDEX: &str = "index.html";

pub(super) fn router() -> Router<AppState> {
    Router::new().fallback(app_file)
}

async fn app_file(
    State(state): State<AppState>,
    method: Method,
    uri: Uri,
    request: HeaderMap,
) -> Result<Response, Error> {
    if belongs_to_another_resource(uri.path()) {
        return Err(Error::NotFound);
    }
    if !matches!(method, Method::GET | Method::HEAD) {
        return Err(Error::MethodNotAllowed);
    }
    // A route may end in a slash, a file may not.
    let (uri_path, is_folder) = match uri.path().strip_suffix('/') {
        Some(path) if !path.is_empty() => (path, true),
        _ => (uri.path(), false),
    };
    let path = FilePath::parse(uri_path).ok_or(Error::NotFound)?;
    if Folder::is_brotli_copy(&path) {
        return Err(Error::NotFound);
    }
    let folder = &state.app_files;
    let found = if path.is_root() || is_folder {
        None
    } else {
        response(folder, &path, &request).await?
    };
    let response = match found {
        Some(found) => found,
        None if path.has_dot() => return Err(Error::NotFound),
        None => response(folder, &FilePath::known(INDEX), &request)
            .await?
            .ok_or(Error::NotFound)?,
    };
    response.answer(&method, &request)
}

/// The router compares undecoded paths, so `/%61pi/x` arrives here although it means `/api/x`.
fn belongs_to_another_resource(uri_path: &str) -> bool {
    let decoded = percent_decode_str(uri_path).decode_utf8_lossy();
    let mut segments = decoded.split('/').skip(1);
    match segments.next() {
        Some("api" | "healthz") => true,
        // `/models` itself is a route of the app.
        Some("models") => segments.next().is_some_and(|name| !name.is_empty()),
        _ => false,
    }
}

async fn response(
    folder: &Folder,
    path: &FilePath,
    request: &HeaderMap,
) -> Result<Option<FileResponse>, Error> {
    let Some(plain) = folder.open(path).await? else {
        return Ok(None);
    };
    let digest = folder.digest(&plain).await?;
    let cache_control = if path.carries_hash(&digest) {
        IMMUTABLE
    } else {
        REVALIDATE
    };
    let compressed = if accepts_brotli(request) {
        folder.open_brotli(path, &plain, &digest).await?
    } else {
        None
    };
    let response = match compressed {
        Some(copy) => {
            let digest = folder.digest(&copy).await?;
            FileResponse::new(copy, &digest, path, cache_control)?.encoded_as_brotli()
        }
        None => FileResponse::new(plain, &digest, path, cache_control)?,
    };
    // Also for files without a copy: the next deployment may add one.
    Ok(Some(response.varying_by_encoding()))
}
