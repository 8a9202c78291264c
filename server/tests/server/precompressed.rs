//! Brotli copies made by the build: served while they decode to their file, and only then.

use std::{
    fs,
    time::{Duration, SystemTime},
};

use axum::{
    Router,
    http::{Method, StatusCode},
};
use image2_server::http::app;

use crate::fixture::{Answer, SCRIPT, SCRIPT_PATH, Site, ask, brotli};

const BR: (&str, &str) = ("accept-encoding", "gzip, br");
const PAGE: &str = "<!doctype html>index";
const EDITED: &str = "<!doctype html>eDITed";

/// Long enough ago that digests and verdicts are cached.
const LONG_AGO: Duration = Duration::from_secs(3600);

fn site_with_compressed_page() -> Site {
    let site = Site::new();
    site.write("dist/index.html.br", brotli(PAGE));
    site
}

fn set_age(site: &Site, path: &str, age: Duration) {
    let file = fs::File::options().write(true).open(site.path(path));
    let file = file.expect("the file opens");
    file.set_modified(SystemTime::now() - age)
        .expect("the time is set");
}

/// Replaces a file as the README asks: write, then rename.
fn replace(site: &Site, path: &str, content: impl AsRef<[u8]>) {
    site.write("dist/new", content);
    fs::rename(site.path("dist/new"), site.path(path)).expect("renamed");
}

async fn get(router: &Router, path: &str, headers: &[(&str, &str)]) -> Answer {
    ask(router.clone(), Method::GET, path, headers).await
}

fn assert_plain(answer: &Answer, content: &str, case: &str) {
    assert_eq!(answer.status, StatusCode::OK, "{case}");
    assert_eq!(answer.header("content-encoding"), None, "{case}");
    assert_eq!(answer.header("vary"), Some("Accept-Encoding"), "{case}");
    assert_eq!(answer.text(), content, "{case}");
}

fn assert_compressed(answer: &Answer, content: &str, case: &str) {
    assert_eq!(answer.status, StatusCode::OK, "{case}");
    assert_eq!(answer.header("content-encoding"), Some("br"), "{case}");
    assert_eq!(answer.body, brotli(content), "{case}");
}

#[tokio::test]
async fn the_copy_goes_to_clients_that_accept_it() {
    let site = Site::new();
    let compressed = site.get_with(SCRIPT_PATH, &[BR]).await;
    assert_compressed(&compressed, SCRIPT, "br");
    assert_eq!(compressed.header("vary"), Some("Accept-Encoding"));
    for accepted in ["gzip", "br;q=0", "identity", ""] {
        let headers = [("accept-encoding", accepted)];
        let plain = site.get_with(SCRIPT_PATH, &headers).await;
        assert_plain(&plain, SCRIPT, accepted);
        assert_ne!(plain.etag(), compressed.etag(), "two forms, two tags");
    }
    assert_plain(
        &site.get_with("/sw.js", &[BR]).await,
        "service worker",
        "no copy",
    );
}

#[tokio::test]
async fn the_copy_has_no_address_of_its_own() {
    let site = Site::new();
    site.write("dist/lonely.js.br", brotli("lonely"));
    for path in [&format!("{SCRIPT_PATH}.br"), "/lonely.js.br", "/lonely.js"] {
        let answer = site.get_with(path, &[BR]).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn a_file_edited_after_compressing_is_served_plain() {
    let site = site_with_compressed_page();
    let router = app(site.state());
    for settled in [false, true] {
        if settled {
            set_age(&site, "dist/index.html", LONG_AGO);
            set_age(&site, "dist/index.html.br", LONG_AGO);
        }
        assert_compressed(&get(&router, "/", &[BR]).await, PAGE, "before");
        replace(&site, "dist/index.html", EDITED);
        for path in ["/", "/index.html", "/library"] {
            assert_plain(&get(&router, path, &[BR]).await, EDITED, path);
            let head = ask(router.clone(), Method::HEAD, path, &[BR]).await;
            assert_eq!(head.header("content-encoding"), None, "{path}");
            let length = EDITED.len().to_string();
            assert_eq!(head.header("content-length"), Some(length.as_str()));
        }
        replace(&site, "dist/index.html", PAGE);
    }
}

/// `cp -p`, tar, rsync and container layers carry times along: a time tells nothing about whether
/// two files belong together.
#[tokio::test]
async fn times_do_not_decide() {
    for (file_age_s, copy_age_s) in [(3600, 60), (60, 3600), (600, 600), (0, 0)] {
        for (content, belongs) in [(PAGE, true), (EDITED, false)] {
            let site = site_with_compressed_page();
            site.write("dist/index.html", content);
            let (file_age, copy_age) = (
                Duration::from_secs(file_age_s),
                Duration::from_secs(copy_age_s),
            );
            set_age(&site, "dist/index.html", file_age);
            set_age(&site, "dist/index.html.br", copy_age);
            let answer = site.get_with("/", &[BR]).await;
            let case = format!("{file_age_s} {copy_age_s} {content}");
            if belongs {
                assert_compressed(&answer, content, &case);
            } else {
                assert_plain(&answer, content, &case);
            }
        }
    }
}

#[tokio::test]
async fn a_copy_that_does_not_decode_to_its_file_is_not_served() {
    let whole = brotli(PAGE);
    let mut large_window = Vec::new();
    let params = ::brotli::enc::BrotliEncoderParams {
        large_window: true,
        lgwin: 26,
        ..Default::default()
    };
    ::brotli::BrotliCompress(&mut PAGE.as_bytes(), &mut large_window, &params).expect("compressed");
    for (copy, case) in [
        (&b""[..], "empty"),
        (b"not brotli at all", "garbage"),
        (PAGE.as_bytes(), "the plain file itself"),
        (&whole[..whole.len() - 2], "truncated"),
        (&brotli(""), "of nothing"),
        (&brotli("<!doctype html>inde"), "of a beginning"),
        (&brotli(&format!("{PAGE}!")), "of something longer"),
        (&brotli(&PAGE.repeat(10_000)), "of something huge"),
        (&large_window, "in a window that browsers refuse"),
    ] {
        let site = Site::new();
        site.write("dist/index.html.br", copy);
        assert_plain(&site.get_with("/", &[BR]).await, PAGE, case);
    }
}

#[tokio::test]
async fn a_copy_made_again_is_served_again() {
    let site = site_with_compressed_page();
    let router = app(site.state());
    for content in [PAGE, EDITED, "<!doctype html>again", PAGE] {
        replace(&site, "dist/index.html", content);
        set_age(&site, "dist/index.html", LONG_AGO);
        if content != PAGE {
            assert_plain(&get(&router, "/", &[BR]).await, content, content);
        }
        replace(&site, "dist/index.html.br", brotli(content));
        set_age(&site, "dist/index.html.br", LONG_AGO);
        assert_compressed(&get(&router, "/", &[BR]).await, content, content);
    }
}

#[tokio::test]
async fn conditions_and_ranges_hold_for_the_form_that_is_served() {
    let site = site_with_compressed_page();
    let router = app(site.state());
    let compressed = get(&router, "/", &[BR]).await;
    let plain = get(&router, "/", &[]).await;
    for (etag, headers, status) in [
        (compressed.etag(), &[BR][..], 304),
        (compressed.etag(), &[], 200),
        (plain.etag(), &[BR], 200),
        (plain.etag(), &[], 304),
    ] {
        let condition = [headers, &[("if-none-match", etag)]].concat();
        let answer = get(&router, "/", &condition).await;
        assert_eq!(answer.status.as_u16(), status, "{etag} {headers:?}");
    }
    let part = get(&router, "/", &[BR, ("range", "bytes=0-3")]).await;
    assert_eq!(part.status, StatusCode::PARTIAL_CONTENT);
    assert_eq!(part.header("content-encoding"), Some("br"));
    assert_eq!(part.body, brotli(PAGE)[..4]);

    replace(&site, "dist/index.html", EDITED);
    let condition = [BR, ("if-none-match", compressed.etag())];
    assert_plain(&get(&router, "/", &condition).await, EDITED, "a stale ETag");
    let continued = [BR, ("range", "bytes=4-"), ("if-range", compressed.etag())];
    assert_plain(
        &get(&router, "/", &continued).await,
        EDITED,
        "a stale download",
    );
}

/// The page fetches a small file that every build changes, without trusting the browser's cache.
#[tokio::test]
async fn an_open_page_can_ask_which_build_is_deployed() {
    let site = site_with_compressed_page();
    let router = app(site.state());
    for (path, file) in [
        ("/version.json", "dist/version.json"),
        ("/", "dist/index.html"),
    ] {
        for headers in [&[][..], &[BR]] {
            replace(&site, file, PAGE);
            let loaded = get(&router, path, headers).await;
            assert_eq!(loaded.header("cache-control"), Some("no-cache"));
            let condition = [headers, &[("if-none-match", loaded.etag())]].concat();
            let current = get(&router, path, &condition).await;
            assert_eq!(current.status, StatusCode::NOT_MODIFIED, "{path}");
            assert!(current.body.is_empty());
            replace(&site, file, EDITED);
            assert_plain(&get(&router, path, &condition).await, EDITED, "deployed");
        }
    }
}
