//! Addresses that belong to the server: an unknown one is an error in JSON, never the page.

use axum::{
    body::Body,
    http::{Method, Request, StatusCode},
};
use image2_server::http::app;

use crate::fixture::{Answer, Site, answer};

fn assert_not_found(answer: &Answer, case: &str) {
    assert_eq!(answer.status, StatusCode::NOT_FOUND, "{case}");
    assert_eq!(
        answer.header("content-type"),
        Some("application/json"),
        "{case}"
    );
    assert_eq!(answer.header("cache-control"), Some("no-store"), "{case}");
    assert_eq!(answer.code(), "not_found", "{case}");
}

#[tokio::test]
async fn an_unknown_api_address_is_404_with_any_method() {
    let site = Site::new();
    site.write("dist/api/file.json", "{}");
    for path in [
        "/api",
        "/api/",
        "/api?q=1",
        "/api/typo",
        "/api/typo/",
        "/api/x/y",
        "/api/x/y?q=1",
        "/api/x.json",
        "/api/file.json",
        "/api//x",
        "/api/../x",
        "/%61pi",
        "/%61pi/x",
        "/ap%69/x/y",
        "/%61%70%69/",
        "/api%2Fx",
        "/%61pi//x",
        "/%61pi/%00",
    ] {
        for method in [
            Method::GET,
            Method::POST,
            Method::PUT,
            Method::PATCH,
            Method::DELETE,
            Method::OPTIONS,
        ] {
            let answer = site.ask(method.clone(), path, &[]).await;
            assert_not_found(&answer, &format!("{method} {path}"));
        }
        let head = site.ask(Method::HEAD, path, &[]).await;
        assert_eq!(head.status, StatusCode::NOT_FOUND, "HEAD {path}");
        assert_eq!(head.header("content-type"), Some("application/json"));
    }
}

#[tokio::test]
async fn a_body_does_not_change_the_404() {
    let site = Site::new();
    for path in ["/api", "/api/typo", "/%61pi/typo"] {
        for size_bytes in [2, 1_000_000] {
            let request = Request::post(path)
                .header("content-length", size_bytes)
                .body(Body::from(vec![b'x'; size_bytes]));
            let answer = answer(app(site.state()), request.expect("a request")).await;
            assert_not_found(&answer, path);
        }
    }
}

#[tokio::test]
async fn other_addresses_of_the_server_are_no_routes_of_the_app() {
    let site = Site::new();
    for path in [
        "/healthz/",
        "/healthz/x",
        "/%68ealthz",
        "/%68ealthz/x",
        "/models/mini",
        "/models/mini/",
        "/models/mini/none",
        "/models/a/b/c",
        "/%6dodels/mini/none",
        "/.well-known",
        "/.well-known/",
        "/.well-known/change-password",
        "/.well-known/security.txt",
    ] {
        assert_not_found(&site.get(path).await, path);
    }
}

#[tokio::test]
async fn names_that_only_begin_alike_are_routes_of_the_app() {
    let site = Site::new();
    for path in ["/apis", "/api-keys", "/health", "/models", "/library/api"] {
        let answer = site.get(path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        assert_eq!(answer.text(), "<!doctype html>index", "{path}");
    }
}
