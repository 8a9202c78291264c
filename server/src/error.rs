//! Every way in which this server fails, each with a code that never changes its meaning.
//!
//! Contract: a client sees the code and one plain sentence. Paths, system errors and panics are
//! logged where the error becomes an answer, and never leave the machine.

use std::{io, net::SocketAddr, path::PathBuf};

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::json;

/// What can go wrong, at start and while answering.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The request itself cannot be understood.
    #[error("the request is malformed")]
    BadRequest,
    /// No file or route has this address. Also the answer to every forbidden path, so that it
    /// does not tell what exists.
    #[error("there is nothing at this address")]
    NotFound,
    /// The address exists, the method does not apply to it.
    #[error("this address does not support the method")]
    MethodNotAllowed,
    /// `If-Match` names another version than the current one.
    #[error("the file has another version than the one asked for")]
    PreconditionFailed,
    /// The range begins behind the end of the file.
    #[error("the range lies outside the file's {size_bytes} bytes")]
    RangeNotSatisfiable {
        /// The file's whole size.
        size_bytes: u64,
    },
    /// The request's body is over the limit.
    #[error("the request's body is too large")]
    BodyTooLarge,
    /// No answer began within the time allowed.
    #[error("the answer took too long")]
    Timeout,
    /// A file was written while it was being read; asking again helps.
    #[error("the file is being replaced")]
    FileChanged,
    /// A file is there but cannot be read.
    #[error("cannot read {path}: {source}")]
    FileUnreadable {
        /// Relative to the served folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A handler panicked or a background task died.
    #[error("internal error: {0}")]
    Internal(String),

    /// The command line is wrong, or asks for help or the version.
    #[error(transparent)]
    Usage(#[from] clap::Error),
    /// The configuration file cannot be read.
    #[error("cannot read the configuration file {path}: {source}")]
    ConfigUnreadable {
        /// As given.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A setting has a value, or a name, that is not allowed.
    #[error("{origin}: {message}")]
    ConfigInvalid {
        /// The file or setting at fault.
        origin: String,
        /// What is wrong with it.
        message: String,
    },
    /// The address to listen on is taken or not ours.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// As configured.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// The runtime or the signal handlers could not be set up.
    #[error("cannot start: {0}")]
    Start(io::Error),
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
            Self::FileChanged => "file_changed",
            Self::FileUnreadable { .. } => "file_unreadable",
            Self::Internal(_) => "internal",
            Self::Usage(_) => "usage",
            Self::ConfigUnreadable { .. } => "config_unreadable",
            Self::ConfigInvalid { .. } => "config_invalid",
            Self::Listen { .. } => "listen",
            Self::Start(_) => "start",
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
            Self::Timeout | Self::FileChanged => StatusCode::SERVICE_UNAVAILABLE,
            Self::FileUnreadable { .. }
            | Self::Internal(_)
            | Self::Usage(_)
            | Self::ConfigUnreadable { .. }
            | Self::ConfigInvalid { .. }
            | Self::Listen { .. }
            | Self::Start(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// Names the error behind an answer that a library made (axum's 405, the limits' 413 and 503).
    pub(crate) fn from_status(status: StatusCode) -> Self {
        match status {
            StatusCode::NOT_FOUND => Self::NotFound,
            StatusCode::METHOD_NOT_ALLOWED => Self::MethodNotAllowed,
            StatusCode::PAYLOAD_TOO_LARGE => Self::BodyTooLarge,
            StatusCode::SERVICE_UNAVAILABLE => Self::Timeout,
            status if status.is_client_error() => Self::BadRequest,
            status => Self::Internal(format!("unnamed answer {status}")),
        }
    }

    /// The JSON body and its headers, as every client sees them.
    pub(crate) fn to_response(&self) -> Response {
        let status = self.status();
        let message = if status == StatusCode::INTERNAL_SERVER_ERROR {
            tracing::error!(code = self.code(), error = %self, "request failed");
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
            Self::FileChanged | Self::Timeout => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
            }
            _ => {}
        }
        response
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        self.to_response()
    }
}
