//! The access log: one line for each request with its path, status, duration and size.
//!
//! Contract: a line identifies nobody. It contains no client address, user agent, cookie, referrer
//! or query string. It is written when the body has ended, so `bytes` and `duration_ms` cover the
//! whole response, and `complete=false` marks a client that disconnected early.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
    time::Instant,
};

use axum::{
    body::{Body, Bytes, HttpBody},
    extract::{MatchedPath, Request},
    http::{HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::Response,
};
use http_body::{Frame, SizeHint};
use tracing::Instrument;
use uuid::Uuid;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The middleware. A request id sent by a client is ignored, because clients must not be able to
/// write into the log.
pub(super) async fn record(request: Request, next: Next) -> Response {
    let id = Uuid::new_v4();
    let mut line = Line {
        id,
        method: request.method().clone(),
        path: request
            .extensions()
            .get::<MatchedPath>()
            .map_or(request.uri().path(), MatchedPath::as_str)
            .to_owned(),
        started: Instant::now(),
        status: None,
        expected_bytes: None,
        sent_bytes: 0,
        has_ended: false,
    };
    let span = tracing::info_span!("request", request_id = %id);
    let mut response = next.run(request).instrument(span).await;

    line.status = Some(response.status());
    line.expected_bytes = response
        .headers()
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse().ok())
        .or(response.body().size_hint().exact());
    // The response to HEAD has no body, whatever its Content-Length.
    line.has_ended = line.method == Method::HEAD || response.body().is_end_stream();
    if let Ok(value) = HeaderValue::try_from(id.to_string()) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response.map(|inner| Body::new(Counted { inner, line }))
}

/// One line of the log. It is written on drop, which happens however the request ends.
struct Line {
    id: Uuid,
    method: Method,
    path: String,
    started: Instant,
    /// `None` if the client disconnected before the response began.
    status: Option<StatusCode>,
    expected_bytes: Option<u64>,
    sent_bytes: u64,
    has_ended: bool,
}

impl Drop for Line {
    fn drop(&mut self) {
        tracing::info!(
            request_id = %self.id,
            method = %self.method,
            path = %self.path,
            status = self.status.map(|status| status.as_u16()),
            duration_ms = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX),
            bytes = self.sent_bytes,
            complete = self.status.is_some()
                && (self.has_ended || self.expected_bytes == Some(self.sent_bytes)),
            "request"
        );
    }
}

/// A body that counts the bytes sent.
struct Counted {
    inner: Body,
    line: Line,
}

impl HttpBody for Counted {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = ready!(Pin::new(&mut self.inner).poll_frame(context));
        match &frame {
            Some(Ok(frame)) => {
                self.line.sent_bytes += frame.data_ref().map_or(0, |data| data.len() as u64);
            }
            Some(Err(_)) => {}
            None => self.line.has_ended = true,
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
