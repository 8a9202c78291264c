//! The layers around every route: logging, headers, error bodies, panics, timeouts, body limits.

use std::any::Any;

use axum::{
    Router,
    extract::DefaultBodyLimit,
    http::{HeaderValue, StatusCode, header},
    middleware::{from_fn, map_response},
    response::{IntoResponse, Response},
};
use tower_http::{catch_panic::CatchPanicLayer, timeout::TimeoutLayer};

use super::{access_log, error::Error, security_headers, state::Options};

/// Adds the layers that every route needs; public so that tests can apply them to routes that
/// panic or stall. Read from the bottom: the last layer sees a request first.
pub fn layered(routes: Router, options: &Options) -> Router {
    let router = routes
        // A router inside that sets its own limit takes precedence.
        .layer(DefaultBodyLimit::max(0))
        // Until the response begins; a body may stream for as long as the client keeps reading.
        .layer(TimeoutLayer::with_status_code(
            StatusCode::SERVICE_UNAVAILABLE,
            options.request_timeout,
        ))
        .layer(CatchPanicLayer::custom(|panic| panicked(&panic)))
        .layer(map_response(with_error_body))
        .layer(from_fn(access_log::record));
    security_headers::with_headers(router, options.hsts_max_age_s)
}

fn panicked(panic: &Box<dyn Any + Send>) -> Response {
    let message = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("no message");
    Error::Internal(format!("panic: {message}")).into_response()
}

/// Gives error responses made by libraries the same JSON body as our own, and keeps their headers
/// (`Allow`).
async fn with_error_body(response: Response) -> Response {
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
