//! Model packages at `/models/<name>/<file>`: large shards that a browser loads once, in pieces.
//!
//! Contract: the manifest is revalidated each time, because a package is replaced by replacing it;
//! shards are kept for a year, and their ETag lets a broken download go on where it stopped, at
//! any instance. Nothing is compressed: weights are dense, and ranges must mean the shard's bytes.

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, Method, Uri},
    response::Response,
    routing::get,
};

use super::{
    answer::{ONE_YEAR, REVALIDATE, Representation},
    path::FilePath,
};
use crate::{AppState, Error};

const MANIFEST: &str = "manifest.json";

pub(crate) fn router() -> Router<AppState> {
    Router::new().route("/models/{name}/{file}", get(model_file))
}

async fn model_file(
    State(state): State<AppState>,
    method: Method,
    uri: Uri,
    request: HeaderMap,
) -> Result<Response, Error> {
    // Parsed from the raw path, as the app's files are, so that one module decides about names.
    let inside = uri.path().strip_prefix("/models").ok_or(Error::NotFound)?;
    let path = FilePath::parse(inside)?;
    let open = state.models.open(&path).await?.ok_or(Error::NotFound)?;
    let cache_control = if path.file_name() == MANIFEST {
        REVALIDATE
    } else {
        ONE_YEAR
    };
    Representation::new(open, &path, cache_control)
        .answer(&state.models, &method, &request)
        .await
}
