//! Limits of connections, over real sockets.

use std::time::Duration;

use tokio::{io::AsyncWriteExt, time::timeout};

use crate::{
    connection::{LARGE, LARGE_BYTES, content_length, large_site, start},
    fixture::Site,
};

#[tokio::test]
async fn a_request_head_must_arrive_in_time() {
    let mut site = Site::new();
    site.config.header_read_timeout_s = 1.try_into().expect("not zero");
    let running = start(&site).await;
    for begun in ["", "GET / HTTP/1.1\r\nhost: x\r\nx-slow"] {
        let mut client = running.connect().await;
        client.send(begun).await;
        // Panics after `PATIENCE` if the connection stays open.
        client.rest().await;
    }
}

#[tokio::test]
async fn a_client_that_reads_nothing_is_disconnected() {
    let mut site = large_site();
    site.config.write_stall_timeout_s = 1.try_into().expect("not zero");
    let running = start(&site).await;
    let mut client = running.connect().await;
    client.request("GET", LARGE, "").await;
    let head = client.head().await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert!(client.rest().await < content_length(&head));
}

#[tokio::test]
async fn a_slow_reader_is_not_disconnected_by_the_request_timeout() {
    let mut site = large_site();
    site.config.request_timeout_s = 1.try_into().expect("not zero");
    let running = start(&site).await;
    let mut client = running.connect().await;
    client.request("GET", LARGE, "").await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let (_, body) = client.answer().await;
    assert_eq!(body.len(), LARGE_BYTES);
}

#[tokio::test]
async fn connections_over_the_limit_wait_their_turn() {
    let mut site = Site::new();
    site.config.max_connections = 1.try_into().expect("not zero");
    let running = start(&site).await;
    let mut first = running.connect().await;
    first.get("/healthz", "").await;
    let mut second = running.connect().await;
    second.request("GET", "/healthz", "").await;
    let early = timeout(Duration::from_millis(300), second.0.readable()).await;
    assert!(early.is_err(), "not served yet");
    drop(first);
    let (head, _) = second.answer().await;
    assert!(head.starts_with("http/1.1 200"), "{head}");
}

#[tokio::test]
async fn malformed_requests_are_refused_and_harm_nobody() {
    let site = Site::new();
    let running = start(&site).await;
    let flood = format!("GET / HTTP/1.1\r\nx: {}\r\n\r\n", "y".repeat(200_000));
    for (sent, status) in [
        ("\0\0\0\r\n\r\n", "http/1.1 400"),
        ("GET / HTTP/9.9\r\n\r\n", "http/1.1 400"),
        (&flood, "http/1.1 431"),
        ("GET * HTTP/1.1\r\nhost: x\r\n\r\n", "http/1.1 404"),
        ("CONNECT x:80 HTTP/1.1\r\nhost: x\r\n\r\n", "http/1.1 405"),
    ] {
        let mut client = running.connect().await;
        // The server may respond and close the connection before all of it is sent.
        let _ = client.0.write_all(sent.as_bytes()).await;
        let head = client.head().await;
        assert!(head.starts_with(status), "{head}");
    }
    let (head, _) = running.connect().await.get("/", "").await;
    assert!(head.starts_with("http/1.1 200"), "{head}");
}

#[tokio::test]
async fn a_body_that_no_resource_wants_is_not_waited_for() {
    let site = Site::new();
    let running = start(&site).await;
    for (request, status) in [
        ("GET /", "http/1.1 200"),
        ("POST /", "http/1.1 405"),
        ("POST /api/typo", "http/1.1 404"),
    ] {
        let mut client = running.connect().await;
        let head = format!("{request} HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000000\r\n\r\n");
        client.send(&head).await;
        let (head, body) = client.answer().await;
        assert!(head.starts_with(status), "{head}");
        assert!(!body.is_empty());
    }
}
