//! Large downloads over real sockets: ranges, files that change meanwhile, the log.

use std::{io, time::Duration};

use tokio::{
    io::AsyncReadExt,
    time::{Instant, timeout},
};

use crate::connection::{LARGE, LARGE_BYTES, PATIENCE, content_length, large_site, start};

#[tokio::test]
async fn ranges_and_conditions_share_one_connection() {
    let site = large_site();
    let running = start(&site).await;
    let mut client = running.connect().await;
    let whole = std::fs::read(site.path("packages/mini/large.bin")).expect("the file");

    let (head, body) = client.get(LARGE, "range: bytes=1000000-5999999\r\n").await;
    assert!(head.starts_with("http/1.1 206"), "{head}");
    assert!(
        head.contains("content-range: bytes 1000000-5999999/33554432\r\n"),
        "{head}"
    );
    assert_eq!(body, whole[1_000_000..6_000_000]);

    let etag = head
        .lines()
        .find_map(|it| it.strip_prefix("etag: "))
        .expect("a tag")
        .to_owned();
    client
        .request("GET", LARGE, &format!("if-none-match: {etag}\r\n"))
        .await;
    assert!(client.head().await.starts_with("http/1.1 304"));

    client.request("HEAD", LARGE, "").await;
    let head = client.head().await;
    assert!(head.contains("content-length: 33554432\r\n"), "{head}");

    let continued = format!("range: bytes=33554430-\r\nif-range: {etag}\r\n");
    let (head, body) = client.get(LARGE, &continued).await;
    assert!(head.starts_with("http/1.1 206"), "{head}");
    assert_eq!(body, whole[33_554_430..]);

    let (_, body) = client.get(LARGE, "").await;
    assert!(body == whole, "the whole file");
}

#[tokio::test]
async fn a_file_truncated_or_rewritten_while_being_sent_ends_the_response_early() {
    let site = large_site();
    let running = start(&site).await;
    let file = std::fs::OpenOptions::new()
        .write(true)
        .open(site.path("packages/mini/large.bin"));
    let file = file.expect("the file");
    for cut in [true, false] {
        file.set_len(LARGE_BYTES as u64).expect("restored");
        let mut client = running.connect().await;
        client.request("GET", LARGE, "").await;
        let head = client.head().await;
        if cut {
            file.set_len(1).expect("cut");
        } else {
            io::Write::write_all(&mut &file, b"rewritten in place").expect("written");
        }
        assert!(client.rest().await < content_length(&head), "cut: {cut}");
        let (head, _) = running.connect().await.get("/healthz", "").await;
        assert!(head.starts_with("http/1.1 200"), "the server is alive");
    }
}

#[tokio::test]
async fn a_file_replaced_while_being_sent_is_sent_as_it_was() {
    let site = large_site();
    let running = start(&site).await;
    let mut client = running.connect().await;
    client.request("GET", LARGE, "").await;
    let head = client.head().await;
    site.write("packages/mini/new", "new");
    std::fs::rename(
        site.path("packages/mini/new"),
        site.path("packages/mini/large.bin"),
    )
    .expect("replaced");
    let mut body = vec![0; content_length(&head)];
    let read = timeout(PATIENCE, client.0.read_exact(&mut body)).await;
    read.expect("in time").expect("a whole body");
    let (_, body) = running.connect().await.get(LARGE, "").await;
    assert_eq!(body, b"new");
}

#[tokio::test]
async fn a_client_that_disconnects_is_logged_as_incomplete() {
    let (log, guard) = crate::logs::capture("info");
    let site = large_site();
    let running = start(&site).await;
    let mut client = running.connect().await;
    client.request("GET", LARGE, "").await;
    client.head().await;
    drop(client);
    let started = Instant::now();
    while log.requests().is_empty() {
        assert!(started.elapsed() < PATIENCE, "a line");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    drop(guard);
    let line = &log.requests()[0];
    assert_eq!(line["complete"], false);
    assert!(line["bytes"].as_u64().expect("a count") < LARGE_BYTES as u64);
}

#[tokio::test]
async fn a_whole_download_is_logged_as_complete() {
    let (log, guard) = crate::logs::capture("info");
    let site = large_site();
    let running = start(&site).await;
    let mut client = running.connect().await;
    client.get(LARGE, "").await;
    client.get("/healthz", "").await;
    drop(guard);
    let line = &log.requests()[0];
    assert_eq!(line["complete"], true);
    assert_eq!(line["bytes"], LARGE_BYTES);
}
