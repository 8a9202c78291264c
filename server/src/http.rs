//! The router: one file for each resource, and the layers around all of them.
//!
//! Contract: no resource accepts a request body unless its router sets a limit with
//! [`DefaultBodyLimit`](axum::extract::DefaultBodyLimit), and every error is JSON with a stable code.

mod accept_encoding;
mod access_log;
mod api;
mod app_files;
mod error;
mod file_response;
mod health;
mod layers;
mod models;
mod security_headers;
mod state;

use axum::Router;

pub use crate::files::FileError;
pub use error::Error;
pub use layers::layered;
pub use security_headers::CONTENT_SECURITY_POLICY;
pub use state::{AppState, Options};

/// The whole server as a function from request to answer.
pub fn app(state: AppState) -> Router {
    let options = state.options().clone();
    let routes = Router::new()
        .merge(api::router())
        .merge(health::router())
        .merge(models::router())
        .merge(app_files::router())
        .with_state(state);
    layered(routes, &options)
}
