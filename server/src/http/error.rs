//! Every error response, each with a code whose meaning never changes.
//!
//! Contract: a client receives the code and one plain sentence. Paths, system errors and panics are
//! logged when the error becomes a response, and never leave the machine.

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::json;

use crate::files::FileError;

/// Why a request fails.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The request is malformed.
    #[error("the request is malformed")]
    BadRequest,
    /// No file or route has this address. Forbidden paths get the same answer, which does not
    /// reveal what exists.
    #[error("there is nothing at this address")]
    NotFound,
    /// The address exists, but does not support the method.
    #[error("this address does not support the method")]
    MethodNotAllowed,
    /// `If-Match` names another version than the current one.
    #[error("the file's current version is not the requested one")]
    PreconditionFailed,
    /// The range begins beyond the end of the file.
    #[error("the range is outside the file's {size_bytes} bytes")]
    RangeNotSatisfiable {
        /// The file's whole size.
        size_bytes: u64,
    },
    /// The request's body exceeds the limit of its resource.
    #[error("the request's body is too large")]
    BodyTooLarge,
    /// No response began within the time limit.
    #[error("the server took too long to respond")]
    Timeout,
    /// A file exists but cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// A handler panicked or a background task died.
    #[error("internal error: {0}")]
    Internal(String),
}

impl Error {
    /// The stable name of this failure, for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::BadRequest => "bad_request",
            Self::NotFound => "not_found",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::PreconditionFailed => "precondition_failed",
            Self::RangeNotSatisfiable { .. } => "range_not_satisfiable",
            Self::BodyTooLarge => "body_too_large",
            Self::Timeout => "timeout",
            Self::File(error) => error.code(),
            Self::Internal(_) => "internal",
        }
    }

    /// The HTTP status that goes with the code.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::BadRequest => StatusCode::BAD_REQUEST,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::PreconditionFailed => StatusCode::PRECONDITION_FAILED,
            Self::RangeNotSatisfiable { .. } => StatusCode::RANGE_NOT_SATISFIABLE,
            Self::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Timeout | Self::File(FileError::Changed) => StatusCode::SERVICE_UNAVAILABLE,
            Self::File(_) | Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The error behind a response that a library made (axum's 405 and 413, the timeout's 503).
    pub(super) fn from_status(status: StatusCode) -> Self {
        match status {
            StatusCode::NOT_FOUND => Self::NotFound,
            StatusCode::METHOD_NOT_ALLOWED => Self::MethodNotAllowed,
            StatusCode::PAYLOAD_TOO_LARGE => Self::BodyTooLarge,
            StatusCode::SERVICE_UNAVAILABLE => Self::Timeout,
            status if status.is_client_error() => Self::BadRequest,
            status => Self::Internal(format!("unexpected status {status}")),
        }
    }
}

impl IntoResponse for Error {
    /// `{"error":{"code":"…","message":"…"}}`.
    fn into_response(self) -> Response {
        let status = self.status();
        let message = if status == StatusCode::INTERNAL_SERVER_ERROR {
            tracing::error!(code = self.code(), error = %self, "a request failed");
            "something went wrong on the server".to_owned()
        } else {
            self.to_string()
        };
        let body = json!({ "error": { "code": self.code(), "message": message } });
        let mut response = (status, Json(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        match self {
            Self::RangeNotSatisfiable { size_bytes } => {
                if let Ok(value) = HeaderValue::try_from(format!("bytes */{size_bytes}")) {
                    headers.insert(header::CONTENT_RANGE, value);
                }
            }
            Self::MethodNotAllowed => {
                headers.insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
            }
            Self::File(FileError::Changed) | Self::Timeout => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
            }
            _ => {}
        }
        response
    }
}
