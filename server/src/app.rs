//! The router: all routes, and around each of them the same layers.

use std::{any::Any, time::Duration};

use axum::{
    Router,
    http::{HeaderValue, StatusCode, header},
    middleware::{from_fn, map_response},
    response::{IntoResponse, Response},
};
use tower_http::{
    catch_panic::CatchPanicLayer, limit::RequestBodyLimitLayer, timeout::TimeoutLayer,
};

use crate::{AppState, Error, access_log, config::Config, files, health, security};

/// The whole server as a function from request to answer.
pub fn app(state: AppState) -> Router {
    let routes = Router::new()
        .merge(health::router())
        .merge(files::models_router())
        .fallback(files::app_files)
        .with_state(state.clone());
    layered(routes, state.config())
}

/// Puts the layers that every route needs around `routes`; public so that a test can check them on
/// a route that panics or dawdles. Read from the bottom: the last layer sees the request first.
pub fn layered(routes: Router, config: &Config) -> Router {
    let request_timeout = Duration::from_secs(config.request_timeout_s.get());
    let router = routes
        .layer(RequestBodyLimitLayer::new(config.request_body_limit_bytes))
        // Until the answer begins; a body may stream for as long as its reader keeps reading.
        .layer(TimeoutLayer::with_status_code(
            StatusCode::SERVICE_UNAVAILABLE,
            request_timeout,
        ))
        .layer(CatchPanicLayer::custom(|panic| panicked(&panic)))
        .layer(map_response(name_error))
        .layer(from_fn(access_log::record));
    security::with_headers(router, config.hsts_max_age_s)
}

fn panicked(panic: &Box<dyn Any + Send>) -> Response {
    let message = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("no message");
    Error::Internal(format!("panic: {message}")).into_response()
}

/// Gives the errors of libraries the body that our own have; their headers (`Allow`) stay.
async fn name_error(response: Response) -> Response {
    let status = response.status();
    let is_ours = response.headers().get(header::CONTENT_TYPE)
        == Some(&HeaderValue::from_static("application/json"));
    if is_ours || !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let (theirs, _) = response.into_parts();
    let mut ours = Error::from_status(status).into_response();
    *ours.status_mut() = status;
    for (name, value) in &theirs.headers {
        if *name != header::CONTENT_TYPE && *name != header::CONTENT_LENGTH {
            ours.headers_mut().insert(name, value.clone());
        }
    }
    ours
}
