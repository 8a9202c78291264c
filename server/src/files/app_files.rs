//! The built app (Trunk's `dist`): every address that no other route owns.
//!
//! Contract: a file answers under its own name, compressed where a sibling `X.br` exists and the
//! client takes it; any other address without a dot is a route inside the app and answers
//! `index.html`; the rest is 404, so that a missing script is an error and not a page.

use axum::{
    extract::State,
    http::{HeaderMap, HeaderValue, Method, Uri, header},
    response::Response,
};

use super::{
    answer::{IMMUTABLE, REVALIDATE, Representation},
    folder::Folder,
    negotiate::accepts_br,
    path::FilePath,
};
use crate::{AppState, Error};

const INDEX: &str = "index.html";
const BROTLI_SUFFIX: &str = ".br";

/// The router's fallback.
pub(crate) async fn app_files(
    State(state): State<AppState>,
    method: Method,
    uri: Uri,
    request: HeaderMap,
) -> Result<Response, Error> {
    if !matches!(method, Method::GET | Method::HEAD) {
        return Err(Error::MethodNotAllowed);
    }
    let folder = &state.app_files;
    // A route may end in a slash, a file may not.
    let uri_path = uri.path();
    let is_folder = uri_path.len() > 1 && uri_path.ends_with('/');
    let path = FilePath::parse(if is_folder {
        &uri_path[..uri_path.len() - 1]
    } else {
        uri_path
    })?;
    // A sibling is a form of its file, not a file; a misspelt model is not a route of the app.
    if path.file_name().ends_with(BROTLI_SUFFIX) || is_below_models(&path) {
        return Err(Error::NotFound);
    }
    let found = if path.is_root() || is_folder {
        None
    } else {
        representation(folder, &path, &request).await?
    };
    let representation = match found {
        Some(found) => found,
        None if path.has_dot() => return Err(Error::NotFound),
        None => representation(folder, &FilePath::known(INDEX), &request)
            .await?
            .ok_or(Error::NotFound)?,
    };
    representation.answer(folder, &method, &request).await
}

async fn representation(
    folder: &Folder,
    path: &FilePath,
    request: &HeaderMap,
) -> Result<Option<Representation>, Error> {
    let Some(plain) = folder.open(path).await? else {
        return Ok(None);
    };
    let compressed = if accepts_br(request) {
        folder.open(&path.with_suffix(BROTLI_SUFFIX)).await?
    } else {
        None
    };
    let cache_control = if path.has_content_hash() {
        IMMUTABLE
    } else {
        REVALIDATE
    };
    let is_compressed = compressed.is_some();
    let open = compressed.unwrap_or(plain);
    let mut representation = Representation::new(open, path, cache_control);
    if is_compressed {
        let brotli = HeaderValue::from_static("br");
        representation
            .content
            .insert(header::CONTENT_ENCODING, brotli);
    }
    // Also on files without a sibling: one may appear with the next deployment.
    representation
        .caching
        .insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    Ok(Some(representation))
}

fn is_below_models(path: &FilePath) -> bool {
    let mut segments = path.segments();
    segments.next() == Some("models") && segments.next().is_some()
}
