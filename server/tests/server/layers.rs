//! What surrounds every route: headers, errors, limits, health.

use std::{convert::Infallible, io, time::Duration};

use axum::{
    Router,
    body::{Body, Bytes},
    http::{Method, Request, StatusCode},
    routing::get,
};
use futures_util::stream;
use http_body_util::BodyExt;
use image2_server::{CONTENT_SECURITY_POLICY, Error, app, config::Config, layered};
use tower::ServiceExt;

use crate::fixture::{Site, ask};

#[tokio::test]
async fn every_answer_carries_the_security_headers() {
    let site = Site::new();
    for (method, path, status) in [
        (Method::GET, "/", 200),
        (Method::GET, "/app-0123abcd.js", 200),
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
        for off in [
            "camera=()",
            "microphone=()",
            "geolocation=()",
            "payment=()",
            "usb=()",
        ] {
            assert!(permissions.contains(off), "{off}");
        }
        assert_eq!(answer.header("cross-origin-embedder-policy"), None);
        assert_eq!(answer.header("strict-transport-security"), None);
        assert_eq!(answer.header("server"), None);
    }
}

#[test]
fn the_policy_is_the_strict_one() {
    assert_eq!(
        CONTENT_SECURITY_POLICY,
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
         img-src 'self' blob: data:; connect-src 'self'; worker-src 'self'; manifest-src 'self'; \
         font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    );
}

#[tokio::test]
async fn hsts_is_sent_where_configured() {
    let mut site = Site::new();
    site.config.hsts_max_age_s = 600;
    for path in ["/", "/missing.js"] {
        let answer = site.get(path).await;
        let hsts = answer.header("strict-transport-security");
        assert_eq!(hsts, Some("max-age=600"));
    }
}

#[tokio::test]
async fn health_says_ok_and_then_that_it_is_leaving() {
    let site = Site::new();
    let state = site.state();
    let ok = ask(app(state.clone()), Method::GET, "/healthz", &[]).await;
    assert_eq!(ok.status, StatusCode::OK);
    assert_eq!(ok.json()["status"], "ok");
    assert_eq!(ok.json()["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(ok.header("cache-control"), Some("no-store"));
    state.begin_stopping();
    let leaving = ask(app(state), Method::GET, "/healthz", &[]).await;
    assert_eq!(leaving.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(leaving.json()["status"], "stopping");
}

#[tokio::test]
async fn request_ids_are_ours_and_differ() {
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
    layered(Router::new().route("/boom", get(boom)), &Config::default())
}

#[tokio::test]
async fn a_panic_is_500_and_keeps_its_message() {
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
async fn internals_are_logged_and_never_returned() {
    let (log, guard) = crate::logs::capture("info");
    let error = || async {
        Err::<(), _>(Error::FileUnreadable {
            path: "secret/path".into(),
            source: io::Error::other("secret disk"),
        })
    };
    let router = layered(Router::new().route("/", get(error)), &Config::default());
    let answer = ask(router, Method::GET, "/", &[]).await;
    drop(guard);
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(answer.code(), "file_unreadable");
    assert!(!answer.text().contains("secret"));
    assert!(log.text().contains("secret/path") && log.text().contains("secret disk"));
}

#[tokio::test]
async fn a_long_name_is_a_missing_file_and_no_failure() {
    let path = format!("/{}.js", "x".repeat(300));
    assert_eq!(Site::new().get(&path).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_does_not_begin_is_given_up() {
    let dawdle = || async { tokio::time::sleep(Duration::from_secs(3600)).await };
    let router = layered(
        Router::new().route("/slow", get(dawdle)),
        &Config::default(),
    );
    let answer = ask(router, Method::GET, "/slow", &[]).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.code(), "timeout");
    assert_eq!(answer.header("retry-after"), Some("1"));
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_has_begun_may_take_its_time() {
    let trickle = || async {
        Body::from_stream(stream::unfold(0_u8, |sent| async move {
            tokio::time::sleep(Duration::from_secs(20)).await;
            (sent < 10).then(|| (Ok::<_, Infallible>(Bytes::from_static(b"x")), sent + 1))
        }))
    };
    let router = layered(
        Router::new().route("/long", get(trickle)),
        &Config::default(),
    );
    let answer = ask(router, Method::GET, "/long", &[]).await;
    assert_eq!(
        answer.text(),
        "xxxxxxxxxx",
        "200 seconds under a limit of 30"
    );
}

#[tokio::test]
async fn a_request_body_over_the_limit_is_413() {
    let mut site = Site::new();
    site.config.request_body_limit_bytes = 4;
    for (body, status) in [("1234", 405), ("12345", 413)] {
        let request = Request::post("/")
            .header("content-length", body.len())
            .body(Body::from(body));
        let answer = app(site.state()).oneshot(request.expect("a request")).await;
        let answer = answer.expect("infallible");
        assert_eq!(answer.status().as_u16(), status);
        let body = answer
            .into_body()
            .collect()
            .await
            .expect("a body")
            .to_bytes();
        let json: serde_json::Value = serde_json::from_slice(&body).expect("JSON");
        assert!(json["error"]["code"].is_string());
    }
}

#[tokio::test]
async fn a_streamed_request_body_over_the_limit_is_413() {
    let config = Config {
        request_body_limit_bytes: 4,
        ..Config::default()
    };
    let echo = |body: Bytes| async { body };
    let router = layered(Router::new().route("/", axum::routing::post(echo)), &config);
    let chunks = stream::iter(["123", "456"].map(Ok::<_, Infallible>));
    let request = Request::post("/").body(Body::from_stream(chunks));
    let answer = router.oneshot(request.expect("a request")).await;
    let answer = answer.expect("infallible");
    assert_eq!(answer.status(), StatusCode::PAYLOAD_TOO_LARGE);
}
