//! The layers around every route: headers, errors, limits; and health.

use std::{
    convert::Infallible,
    io,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::DefaultBodyLimit,
    http::{Method, Request, StatusCode},
    routing::{get, post},
};
use futures_util::{StreamExt, stream};
use image2_server::{
    http::{CONTENT_SECURITY_POLICY, Error, FileError, Options, app, layered},
    process::Config,
};

use crate::fixture::{SCRIPT_PATH, Site, answer, ask};

fn options() -> Options {
    Config::default().http_options()
}

#[tokio::test]
async fn every_answer_carries_the_security_headers() {
    let site = Site::new();
    for (method, path, status) in [
        (Method::GET, "/", 200),
        (Method::GET, SCRIPT_PATH, 200),
        (Method::HEAD, "/sw.js", 200),
        (Method::GET, "/healthz", 200),
        (Method::GET, "/models/mini/manifest.json", 200),
        (Method::GET, "/missing.js", 404),
        (Method::GET, "/../x", 404),
        (Method::POST, "/", 405),
        (Method::POST, "/healthz", 405),
    ] {
        let answer = site.ask(method.clone(), path, &[]).await;
        assert_eq!(answer.status.as_u16(), status, "{method} {path}");
        for (name, value) in [
            ("content-security-policy", CONTENT_SECURITY_POLICY),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(answer.header(name), Some(value), "{method} {path} {name}");
        }
        let permissions = answer.header("permissions-policy").expect("a policy");
        for off in ["camera=()", "microphone=()", "geolocation=()", "usb=()"] {
            assert!(permissions.contains(off), "{off}");
        }
        for own in [
            "payment=(self)",
            "publickey-credentials-create=(self)",
            "publickey-credentials-get=(self)",
        ] {
            assert!(permissions.contains(own), "{own}");
        }
        assert_eq!(answer.header("cross-origin-embedder-policy"), None);
        assert_eq!(answer.header("strict-transport-security"), None);
        assert_eq!(answer.header("server"), None);
    }
}

#[test]
fn the_content_security_policy_is_strict() {
    assert_eq!(
        CONTENT_SECURITY_POLICY,
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
         img-src 'self' blob: data:; connect-src 'self'; worker-src 'self'; manifest-src 'self'; \
         font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    );
}

#[tokio::test]
async fn hsts_is_sent_if_configured() {
    let mut site = Site::new();
    site.config.hsts_max_age_s = 600;
    for path in ["/", "/missing.js"] {
        let answer = site.get(path).await;
        let hsts = answer.header("strict-transport-security");
        assert_eq!(hsts, Some("max-age=600"));
    }
}

#[tokio::test]
async fn health_reports_ok_and_then_stopping() {
    let site = Site::new();
    let state = site.state();
    let ok = ask(app(state.clone()), Method::GET, "/healthz", &[]).await;
    assert_eq!(ok.status, StatusCode::OK);
    assert_eq!(ok.json()["status"], "ok");
    assert_eq!(ok.json()["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(ok.header("cache-control"), Some("no-store"));
    state.begin_stopping();
    let stopping = ask(app(state), Method::GET, "/healthz", &[]).await;
    assert_eq!(stopping.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(stopping.json()["status"], "stopping");
}

#[tokio::test]
async fn request_ids_are_generated_by_the_server_and_differ() {
    let site = Site::new();
    let sent = [("x-request-id", "chosen-by-client")];
    let first = site.get_with("/", &sent).await;
    let second = site.get_with("/", &sent).await;
    let id = first.header("x-request-id").expect("an id");
    assert_eq!(id.len(), 36, "a UUID: {id}");
    assert_ne!(Some(id), second.header("x-request-id"));
}

#[expect(clippy::panic, reason = "the panic is what is tested")]
fn panicking() -> Router {
    let boom = || async { panic!("the secret plan") as &'static str };
    layered(Router::new().route("/boom", get(boom)), &options())
}

#[tokio::test]
async fn a_panic_is_500_and_its_message_is_not_sent() {
    let answer = ask(panicking(), Method::GET, "/boom", &[]).await;
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(answer.code(), "internal");
    assert!(!answer.text().contains("secret"));
    let policy = answer.header("content-security-policy");
    assert_eq!(policy, Some(CONTENT_SECURITY_POLICY));
}

#[tokio::test]
async fn a_panic_is_logged() {
    let (log, guard) = crate::logs::capture("info");
    ask(panicking(), Method::GET, "/boom", &[]).await;
    drop(guard);
    let lines = log.lines();
    let error = lines.iter().find(|line| line["level"] == "ERROR");
    let error = error.expect("an error line");
    assert!(error.to_string().contains("the secret plan"), "{error}");
    let request = lines.iter().find(|line| line["message"] == "request");
    assert_eq!(request.expect("a request line")["status"], 500);
}

#[tokio::test]
async fn internals_are_logged_and_not_sent() {
    let (log, guard) = crate::logs::capture("info");
    let error = || async {
        Err::<(), _>(Error::from(FileError::Unreadable {
            path: "secret/path".into(),
            source: io::Error::other("secret disk"),
        }))
    };
    let router = layered(Router::new().route("/", get(error)), &options());
    let answer = ask(router, Method::GET, "/", &[]).await;
    drop(guard);
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(answer.code(), "file_unreadable");
    assert!(!answer.text().contains("secret"));
    assert!(log.text().contains("secret/path") && log.text().contains("secret disk"));
}

#[tokio::test]
async fn a_name_that_is_too_long_is_404() {
    let path = format!("/{}.js", "x".repeat(300));
    assert_eq!(Site::new().get(&path).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test(start_paused = true)]
async fn a_response_that_does_not_begin_times_out() {
    let stall = || async { tokio::time::sleep(Duration::from_secs(3600)).await };
    let router = layered(Router::new().route("/slow", get(stall)), &options());
    let answer = ask(router, Method::GET, "/slow", &[]).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.code(), "timeout");
    assert_eq!(answer.header("retry-after"), Some("1"));
}

#[tokio::test(start_paused = true)]
async fn a_response_that_has_begun_does_not_time_out() {
    let trickle = || async {
        Body::from_stream(stream::unfold(0_u8, |sent| async move {
            tokio::time::sleep(Duration::from_secs(20)).await;
            (sent < 10).then(|| (Ok::<_, Infallible>(Bytes::from_static(b"x")), sent + 1))
        }))
    };
    let router = layered(Router::new().route("/long", get(trickle)), &options());
    let answer = ask(router, Method::GET, "/long", &[]).await;
    assert_eq!(
        answer.text(),
        "xxxxxxxxxx",
        "200 seconds under a limit of 30"
    );
}

/// A request whose body is produced while it is read, with a count of the bytes read.
fn streamed(
    method: Method,
    path: &str,
    chunks: &[&'static str],
) -> (Request<Body>, Arc<AtomicUsize>) {
    let read_bytes = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&read_bytes);
    let chunks = stream::iter(chunks.to_vec()).map(move |chunk| {
        counter.fetch_add(chunk.len(), Ordering::Relaxed);
        Ok::<_, Infallible>(chunk)
    });
    let request = Request::builder().method(method).uri(path);
    let request = request.body(Body::from_stream(chunks)).expect("a request");
    (request, read_bytes)
}

#[tokio::test]
async fn a_resource_limits_its_own_request_bodies() {
    let echo = async |body: Bytes| body;
    let small = Router::new()
        .route("/small", post(echo))
        .layer(DefaultBodyLimit::max(4));
    let large = Router::new()
        .route("/large", post(echo))
        .layer(DefaultBodyLimit::max(100_000));
    let unset = Router::new().route("/unset", post(echo));
    let router = layered(small.merge(large).merge(unset), &options());
    let largest = "x".repeat(100_000);
    for (path, body, status) in [
        ("/small", "1234", 200),
        ("/small", "12345", 413),
        ("/large", &*largest, 200),
        ("/large", &format!("{largest}x"), 413),
        ("/unset", "", 200),
        ("/unset", "1", 413),
    ] {
        let request = Request::post(path).body(Body::from(body.to_owned()));
        let answer = answer(router.clone(), request.expect("a request")).await;
        assert_eq!(answer.status.as_u16(), status, "{path} {}", body.len());
        if status == 413 {
            assert_eq!(answer.code(), "body_too_large");
        }
    }
    for (path, status) in [("/small", 413), ("/large", 200), ("/unset", 413)] {
        let (request, _) = streamed(Method::POST, path, &["123", "456"]);
        let answer = answer(router.clone(), request).await;
        assert_eq!(answer.status.as_u16(), status, "streamed to {path}");
    }
}

#[tokio::test]
async fn no_existing_resource_reads_a_request_body() {
    let site = Site::new();
    for path in [
        "/",
        "/library",
        "/sw.js",
        "/missing.js",
        "/healthz",
        "/models/mini/manifest.json",
        "/api",
        "/api/typo",
    ] {
        for method in [Method::GET, Method::HEAD, Method::POST, Method::PUT] {
            let (request, read_bytes) = streamed(method.clone(), path, &["123", "456"]);
            let with_body = answer(app(site.state()), request).await;
            let without_body = site.ask(method.clone(), path, &[]).await;
            assert_eq!(with_body.status, without_body.status, "{method} {path}");
            assert_eq!(read_bytes.load(Ordering::Relaxed), 0, "{method} {path}");
        }
    }
}
