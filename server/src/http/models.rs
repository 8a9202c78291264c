//! Model packages at `/models/<name>/<file>`: large files that a browser downloads once, resumably.
//!
//! Contract: an address that carries a digest (`?<64 hexadecimal digits>`, made by the client from
//! the manifest) names one version of the file and is kept for a year. Any other address names
//! whatever is there now, because a package is replaced under the same names: weights are kept for
//! ten minutes, so that a client without digests does not load them for every picture; all other
//! files, the manifest first of all, are revalidated. Nothing is compressed: weights are dense, and ranges must count the file's own bytes.

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, Method, Uri},
    response::Response,
    routing::get,
};

use super::{
    error::Error,
    file_response::{FileResponse, ONE_YEAR, REVALIDATE, TEN_MINUTES},
    state::AppState,
};
use crate::files::FilePath;

const MANIFEST: &str = "manifest.json";
const WEIGHTS: &str = ".safetensors";

pub(super) fn router() -> Router<AppState> {
    Router::new().route("/models/{name}/{file}", get(model_file))
}

async fn model_file(
    State(state): State<AppState>,
    method: Method,
    uri: Uri,
    request: HeaderMap,
) -> Result<Response, Error> {
    // Parsed from the undecoded path, as for the app's files: one module decides about names.
    let path = uri
        .path()
        .strip_prefix("/models")
        .and_then(FilePath::parse)
        .ok_or(Error::NotFound)?;
    let folder = &state.models;
    let open = folder.open(&path).await?.ok_or(Error::NotFound)?;
    let digest = folder.digest(&open).await?;
    let names_a_version = path.file_name() != MANIFEST && uri.query().is_some_and(is_digest);
    let cache_control = if names_a_version {
        ONE_YEAR
    } else if path.file_name().ends_with(WEIGHTS) {
        TEN_MINUTES
    } else {
        REVALIDATE
    };
    FileResponse::new(open, &digest, &path, cache_control)?.answer(&method, &request)
}

/// A SHA-256 as the manifest writes it.
fn is_digest(query: &str) -> bool {
    query.len() == 64
        && query
            .bytes()
            .all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}
