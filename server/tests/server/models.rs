//! Model packages: ranges, conditions, caching.

use axum::http::{Method, StatusCode};

use crate::fixture::{SHARD, Site};

const PATH: &str = "/models/mini/0.safetensors";

#[tokio::test]
async fn a_shard_is_served_whole_typed_and_uncompressed() {
    let answer = Site::new()
        .get_with(PATH, &[("accept-encoding", "br")])
        .await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.text(), SHARD);
    assert_eq!(
        answer.header("content-type"),
        Some("application/octet-stream")
    );
    assert_eq!(answer.header("content-length"), Some("10"));
    assert_eq!(answer.header("accept-ranges"), Some("bytes"));
    assert_eq!(answer.header("content-encoding"), None);
    // printf 0123456789 | sha256sum
    let expected = "\"84d89877f0d4041efb6bf91a16f0248f2fd573e6af05c19f96bedb9f882f7882\"";
    assert_eq!(answer.etag(), expected);
}

const DIGEST: &str = "84d89877f0d4041efb6bf91a16f0248f2fd573e6af05c19f96bedb9f882f7882";

fn package() -> Site {
    let site = Site::new();
    site.write("packages/mini/tokenizer.json", "{}");
    site.write("packages/mini/NOTICES.md", "notices");
    site.write("packages/mini/card.md", "card");
    site
}

#[tokio::test]
async fn an_address_with_a_digest_is_kept_for_a_year() {
    let site = package();
    for file in ["0.safetensors", "tokenizer.json", "NOTICES.md", "card.md"] {
        let path = format!("/models/mini/{file}?{DIGEST}");
        let whole = site.get(&path).await;
        let part = site.get_with(&path, &[("range", "bytes=0-0")]).await;
        let condition = [("if-none-match", whole.etag())];
        let unchanged = site.get_with(&path, &condition).await;
        let head = site.ask(Method::HEAD, &path, &[]).await;
        for (answer, status) in [(&whole, 200), (&part, 206), (&unchanged, 304), (&head, 200)] {
            assert_eq!(answer.status.as_u16(), status, "{path}");
            let year = Some("public, max-age=31536000");
            assert_eq!(answer.header("cache-control"), year, "{status} {path}");
        }
    }
}

#[tokio::test]
async fn an_address_without_a_digest_is_not_kept_for_long() {
    let site = package();
    for (file, expected) in [
        ("0.safetensors", "public, max-age=600"),
        ("tokenizer.json", "no-cache"),
        ("NOTICES.md", "no-cache"),
        ("card.md", "no-cache"),
    ] {
        for query in [
            String::new(),
            "?".to_owned(),
            "?v=1".to_owned(),
            "?84d89877".to_owned(),
            format!("?{}", &DIGEST[1..]),
            format!("?{DIGEST}0"),
            format!("?{}", DIGEST.to_uppercase()),
            format!("?{DIGEST}&x=1"),
            format!("?{}", "g".repeat(64)),
        ] {
            let path = format!("/models/mini/{file}{query}");
            let answer = site.get(&path).await;
            assert_eq!(answer.status, StatusCode::OK, "{path}");
            assert_eq!(answer.header("cache-control"), Some(expected), "{path}");
        }
    }
}

/// Its address is the same for every version of the package, whatever the query says.
#[tokio::test]
async fn a_manifest_is_always_revalidated() {
    let site = package();
    for query in ["", "?x", &format!("?{DIGEST}")] {
        let path = format!("/models/mini/manifest.json{query}");
        let answer = site.get(&path).await;
        assert_eq!(answer.text(), "{}");
        assert_eq!(answer.header("content-type"), Some("application/json"));
        assert_eq!(answer.header("cache-control"), Some("no-cache"), "{path}");
    }
}

#[tokio::test]
async fn one_range_is_answered_with_that_part() {
    let site = Site::new();
    for (range, content_range, part) in [
        ("bytes=0-0", "bytes 0-0/10", "0"),
        ("bytes=2-5", "bytes 2-5/10", "2345"),
        ("bytes=7-", "bytes 7-9/10", "789"),
        ("bytes=0-", "bytes 0-9/10", SHARD),
        ("bytes=-3", "bytes 7-9/10", "789"),
        ("bytes=-99", "bytes 0-9/10", SHARD),
        ("bytes=8-99", "bytes 8-9/10", "89"),
        ("bytes=9-9", "bytes 9-9/10", "9"),
        ("bytes=0-99999999999999999999999", "bytes 0-9/10", SHARD),
    ] {
        let answer = site.get_with(PATH, &[("range", range)]).await;
        assert_eq!(answer.status, StatusCode::PARTIAL_CONTENT, "{range}");
        assert_eq!(
            answer.header("content-range"),
            Some(content_range),
            "{range}"
        );
        assert_eq!(answer.text(), part, "{range}");
        let length = part.len().to_string();
        assert_eq!(answer.header("content-length"), Some(length.as_str()));
        assert_eq!(answer.header("accept-ranges"), Some("bytes"));
    }
}

#[tokio::test]
async fn a_range_beyond_the_end_is_416() {
    let site = Site::new();
    site.write("packages/mini/empty.bin", "");
    for (path, range, size) in [
        (PATH, "bytes=10-", "bytes */10"),
        (PATH, "bytes=10-20", "bytes */10"),
        (PATH, "bytes=-0", "bytes */10"),
        ("/models/mini/empty.bin", "bytes=0-", "bytes */0"),
        ("/models/mini/empty.bin", "bytes=0-5", "bytes */0"),
    ] {
        let answer = site.get_with(path, &[("range", range)]).await;
        assert_eq!(
            answer.status,
            StatusCode::RANGE_NOT_SATISFIABLE,
            "{path} {range}"
        );
        assert_eq!(answer.header("content-range"), Some(size), "{range}");
        assert_eq!(answer.code(), "range_not_satisfiable");
    }
    let empty = site
        .get_with("/models/mini/empty.bin", &[("range", "bytes=-5")])
        .await;
    assert_eq!(empty.status, StatusCode::OK, "the whole of an empty file");
}

#[tokio::test]
async fn several_or_malformed_ranges_are_answered_whole() {
    let site = Site::new();
    for range in [
        "bytes=0-1,4-5",
        "bytes=0-1, 0-1",
        "bytes=5-2",
        "bytes=",
        "bytes=-",
        "bytes=a-b",
        "bytes",
        "items=0-1",
        "bytes=0-1-2",
        "bytes=0x1-2",
        "bytes=--1",
        "=0-1",
        "bytes=1 - 2",
    ] {
        let answer = site.get_with(PATH, &[("range", range)]).await;
        assert_eq!(answer.status, StatusCode::OK, "{range}");
        assert_eq!(answer.text(), SHARD, "{range}");
        assert_eq!(answer.header("content-range"), None, "{range}");
    }
    let twice = [("range", "bytes=0-1"), ("range", "bytes=2-3")];
    assert_eq!(site.get_with(PATH, &twice).await.text(), SHARD);
}

#[tokio::test]
async fn if_range_resumes_the_same_version_only() {
    let site = Site::new();
    let etag = site.get(PATH).await.etag().to_owned();
    let range = ("range", "bytes=2-3");
    let same = site.get_with(PATH, &[range, ("if-range", &etag)]).await;
    assert_eq!(same.status, StatusCode::PARTIAL_CONTENT);
    assert_eq!(same.text(), "23");
    let weak = format!("W/{etag}");
    for other in [
        "\"other\"",
        &weak,
        "Mon, 23 Nov 2026 17:00:00 GMT",
        "nonsense",
    ] {
        let answer = site.get_with(PATH, &[range, ("if-range", other)]).await;
        assert_eq!(answer.status, StatusCode::OK, "{other}");
        assert_eq!(answer.text(), SHARD, "{other}");
    }
    // With another version the range is ignored, even an unsatisfiable one.
    let stale = [("range", "bytes=99-"), ("if-range", "\"other\"")];
    assert_eq!(site.get_with(PATH, &stale).await.status, StatusCode::OK);
}

#[tokio::test]
async fn conditions_take_precedence_over_ranges() {
    let site = Site::new();
    let etag = site.get(PATH).await.etag().to_owned();
    let headers = [("if-none-match", etag.as_str()), ("range", "bytes=0-1")];
    let answer = site.get_with(PATH, &headers).await;
    assert_eq!(answer.status, StatusCode::NOT_MODIFIED);
    assert!(answer.body.is_empty());
    let answer = site.get_with(PATH, &[("if-match", "\"other\"")]).await;
    assert_eq!(answer.status, StatusCode::PRECONDITION_FAILED);
    assert_eq!(answer.code(), "precondition_failed");
    let answer = site.get_with(PATH, &[("if-match", &etag)]).await;
    assert_eq!(answer.status, StatusCode::OK);
}

#[tokio::test]
async fn head_ignores_ranges() {
    let site = Site::new();
    let headers = [("range", "bytes=0-1")];
    let answer = site.ask(Method::HEAD, PATH, &headers).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.header("content-length"), Some("10"));
    assert!(answer.body.is_empty());
}

#[tokio::test]
async fn a_replaced_file_has_a_new_etag_at_once() {
    let site = Site::new();
    let router = image2_server::http::app(site.state());
    let mut seen = Vec::new();
    for content in ["aaaaaaaaaa", "bbbbbbbbbb", "cccccccccc"] {
        site.write("packages/mini/0.safetensors", content);
        let answer = crate::fixture::ask(router.clone(), Method::GET, PATH, &[]).await;
        assert_eq!(answer.text(), content);
        assert!(!seen.contains(&answer.etag().to_owned()), "{content}");
        seen.push(answer.etag().to_owned());
    }
}
