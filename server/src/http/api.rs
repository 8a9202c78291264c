//! `/api/…`: requests of programs.
//!
//! Contract: every address below `/api` belongs to the API. An unknown one is 404 with any method;
//! it is never a file or a page of the app, so that a misspelt request fails at once.

use axum::Router;

use super::{error::Error, state::AppState};

pub(super) fn router() -> Router<AppState> {
    let unknown = async || Error::NotFound;
    Router::new().nest("/api", Router::new().fallback(unknown))
}
