//! The built app: names, routes, caching.

use axum::http::{Method, StatusCode};

use crate::fixture::{SCRIPT, SCRIPT_PATH, Site};

const BR: (&str, &str) = ("accept-encoding", "gzip, br");

#[tokio::test]
async fn root_and_app_routes_answer_the_index() {
    let site = Site::new();
    for path in [
        "/",
        "/library",
        "/library/42",
        "/library/",
        "/?q=1",
        "/library?q=a.b",
    ] {
        let answer = site.get(path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        assert_eq!(answer.text(), "<!doctype html>index", "{path}");
        assert_eq!(
            answer.header("content-type"),
            Some("text/html; charset=utf-8")
        );
        assert_eq!(answer.header("cache-control"), Some("no-cache"));
    }
}

#[tokio::test]
async fn missing_files_are_404_and_never_a_page() {
    let site = Site::new();
    for path in [
        "/missing.js",
        "/a.b/c",
        "/missing%2ejs",
        "/index.html/",
        "/app-329adf2141c57e8f.js/x",
        "/models/mini",
        "/models/mini/none",
        "/models/a/b/c",
        "/models/mini/0.bin/",
    ] {
        let answer = site.get(path).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(answer.code(), "not_found", "{path}");
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{path}");
    }
}

#[tokio::test]
async fn an_absent_app_is_404_and_may_appear_later() {
    let site = Site::new();
    std::fs::rename(site.path("dist"), site.path("later")).expect("moved");
    let router = image2_server::http::app(site.state());
    let answer = crate::fixture::ask(router.clone(), Method::GET, "/", &[]).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    std::fs::rename(site.path("later"), site.path("dist")).expect("moved back");
    let answer = crate::fixture::ask(router, Method::GET, "/", &[]).await;
    assert_eq!(answer.status, StatusCode::OK);
}

#[tokio::test]
async fn files_have_the_right_content_type() {
    let site = Site::new();
    for (name, kind) in [
        ("w_bg.wasm", "application/wasm"),
        ("sw.js", "text/javascript; charset=utf-8"),
        ("manifest.webmanifest", "application/manifest+json"),
        ("icon.svg", "image/svg+xml"),
        ("font.woff2", "font/woff2"),
    ] {
        site.write(&format!("dist/{name}"), "x");
        site.write(&format!("dist/{name}.br"), "y");
        for headers in [&[][..], &[BR]] {
            let answer = site.get_with(&format!("/{name}"), headers).await;
            assert_eq!(answer.header("content-type"), Some(kind), "{name}");
        }
    }
}

#[tokio::test]
async fn a_name_that_carries_the_hash_of_its_content_is_immutable() {
    let site = Site::new();
    site.write("dist/gpu_bg-329adf2141c57e8f.wasm", SCRIPT);
    site.write("dist/app-329adf2141c57e8f_bg.wasm", SCRIPT);
    site.write("dist/short-329adf21.css", SCRIPT);
    site.write("dist/folder/map-329adf2141c57e8f.js.map", SCRIPT);
    for path in [
        SCRIPT_PATH,
        "/gpu_bg-329adf2141c57e8f.wasm",
        "/app-329adf2141c57e8f_bg.wasm",
        "/short-329adf21.css",
        "/folder/map-329adf2141c57e8f.js.map",
    ] {
        for headers in [&[][..], &[BR]] {
            let answer = site.get_with(path, headers).await;
            let expected = Some("public, max-age=31536000, immutable");
            assert_eq!(answer.header("cache-control"), expected, "{path}");
        }
    }
}

#[tokio::test]
async fn a_name_that_only_looks_hashed_is_revalidated() {
    let site = Site::new();
    // The same name after an edit by hand.
    site.write(&format!("dist{SCRIPT_PATH}"), "edited script");
    for path in [
        SCRIPT_PATH,
        "/release-20261128.js",
        "/photo-1700000000000000.png",
        "/menu-deadbeef.js",
        "/facade_bg.wasm",
        "/icon-0000000000000192.png",
        "/sw.js",
        "/index.html",
        // The hash of this content, but seven digits of it, in capitals, or elsewhere in the path.
        "/x-329adf2.js",
        "/x-329ADF2141C57E8F.js",
        "/329adf2141c57e8f/x.js",
        // The hash of other content.
        "/x-84d89877f0d4041e.js",
    ] {
        if path != SCRIPT_PATH && path != "/index.html" {
            site.write(&format!("dist{path}"), SCRIPT);
        }
        for headers in [&[][..], &[BR]] {
            let answer = site.get_with(path, headers).await;
            assert_eq!(answer.header("cache-control"), Some("no-cache"), "{path}");
        }
    }
}

#[tokio::test]
async fn etags_are_content_hashes_and_answer_304() {
    let site = Site::new();
    let first = site.get("/sw.js").await;
    // printf "service worker" | sha256sum
    let known = "\"26549fd15d871eea6d76c0476a6063990b4773a5704e0118824aa11584cce236\"";
    assert_eq!(first.etag(), known);
    let elsewhere = Site::new();
    assert_eq!(
        first.etag(),
        elsewhere.get("/sw.js").await.etag(),
        "on every instance"
    );

    for condition in [
        first.etag().to_owned(),
        format!("\"x\", W/{}", first.etag()),
        "*".into(),
    ] {
        let answer = site
            .get_with("/sw.js", &[("if-none-match", &condition)])
            .await;
        assert_eq!(answer.status, StatusCode::NOT_MODIFIED, "{condition}");
        assert_eq!(answer.etag(), first.etag());
        assert_eq!(answer.header("cache-control"), Some("no-cache"));
        assert_eq!(answer.header("vary"), Some("Accept-Encoding"));
        assert_eq!(answer.header("content-type"), None);
        assert!(answer.body.is_empty());
    }
    site.write("dist/sw.js", "service w0rker");
    let answer = site
        .get_with("/sw.js", &[("if-none-match", first.etag())])
        .await;
    assert_eq!(answer.status, StatusCode::OK, "same length, other content");
    assert_eq!(answer.text(), "service w0rker");
}

#[tokio::test]
async fn head_answers_as_get_without_a_body() {
    let site = Site::new();
    for path in ["/", SCRIPT_PATH, "/library"] {
        let get = site.get_with(path, &[BR]).await;
        let head = site.ask(Method::HEAD, path, &[BR]).await;
        assert_eq!(head.status, get.status);
        assert!(head.body.is_empty());
        for name in [
            "content-length",
            "content-type",
            "content-encoding",
            "etag",
            "vary",
        ] {
            assert_eq!(head.header(name), get.header(name), "{path} {name}");
        }
        let length = get.body.len().to_string();
        assert_eq!(head.header("content-length"), Some(length.as_str()));
    }
}

#[tokio::test]
async fn other_methods_are_405_and_name_the_allowed_ones() {
    let site = Site::new();
    for path in [
        "/",
        "/sw.js",
        "/nothing",
        "/models/mini/manifest.json",
        "/healthz",
    ] {
        for method in [Method::POST, Method::PUT, Method::DELETE, Method::OPTIONS] {
            let answer = site.ask(method.clone(), path, &[]).await;
            assert_eq!(
                answer.status,
                StatusCode::METHOD_NOT_ALLOWED,
                "{method} {path}"
            );
            assert_eq!(answer.code(), "method_not_allowed");
            let allow = answer.header("allow").expect("Allow").replace(' ', "");
            assert_eq!(allow, "GET,HEAD", "{method} {path}");
        }
    }
}
