//! Behaviour of connections, over real sockets.

use std::{io, net::SocketAddr, time::Duration};

use image2_server::process::{Ended, serve};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::oneshot,
    task::JoinHandle,
    time::{Instant, timeout},
};

use crate::fixture::Site;

/// More than the system's socket buffers hold, so that an unread response really blocks.
const LARGE_BYTES: usize = 32 * 1024 * 1024;
const LARGE: &str = "/models/mini/large.bin";

/// Far longer than anything here takes, even on a slow machine: only a hang fails.
const PATIENCE: Duration = Duration::from_secs(30);

struct Running {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    hurry: Option<oneshot::Sender<()>>,
    task: JoinHandle<Ended>,
}

async fn start(site: &Site) -> Running {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let (stop, stopped) = oneshot::channel();
    let (hurry, hurried) = oneshot::channel();
    let config = site.config.clone();
    let task = tokio::spawn(async move {
        let stop = async { stopped.await.unwrap_or_default() };
        let hurry = async { hurried.await.unwrap_or_default() };
        serve(listener, &config, stop, hurry).await
    });
    Running {
        address,
        stop: Some(stop),
        hurry: Some(hurry),
        task,
    }
}

impl Running {
    async fn connect(&self) -> Client {
        let stream = TcpStream::connect(self.address).await;
        Client(stream.expect("a connection"))
    }

    fn stop(&mut self) {
        let stop = self.stop.take().expect("stopped once");
        stop.send(()).expect("the server runs");
    }

    async fn ended(self) -> Ended {
        // Dropping `hurry` would end the draining, so it lives until the server has ended.
        let ended = timeout(PATIENCE, self.task).await.expect("in time");
        drop(self.hurry);
        ended.expect("no panic")
    }
}

struct Client(TcpStream);

impl Client {
    async fn send(&mut self, text: &str) {
        self.0.write_all(text.as_bytes()).await.expect("sent");
    }

    async fn request(&mut self, method: &str, path: &str, headers: &str) {
        let request = format!("{method} {path} HTTP/1.1\r\nhost: x\r\n{headers}\r\n");
        self.send(&request).await;
    }

    async fn head(&mut self) -> String {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let byte = timeout(PATIENCE, self.0.read_u8()).await.expect("in time");
            head.push(byte.expect("more of the head"));
        }
        String::from_utf8(head).expect("text").to_lowercase()
    }

    /// One response with a Content-Length; the connection stays open.
    async fn answer(&mut self) -> (String, Vec<u8>) {
        let head = self.head().await;
        let mut body = vec![0; content_length(&head)];
        let read = timeout(PATIENCE, self.0.read_exact(&mut body)).await;
        read.expect("in time").expect("a whole body");
        (head, body)
    }

    async fn get(&mut self, path: &str, headers: &str) -> (String, Vec<u8>) {
        self.request("GET", path, headers).await;
        self.answer().await
    }

    /// The number of bytes until the connection ends, in whatever way.
    async fn rest(&mut self) -> usize {
        let mut buffer = vec![0; 64 * 1024];
        let mut total = 0;
        loop {
            match timeout(PATIENCE, self.0.read(&mut buffer))
                .await
                .expect("in time")
            {
                Ok(0) | Err(_) => return total,
                Ok(count) => total += count,
            }
        }
    }
}

fn content_length(head: &str) -> usize {
    let line = head
        .lines()
        .find_map(|it| it.strip_prefix("content-length: "));
    line.map_or(0, |value| value.parse().expect("a number"))
}

fn large_site() -> Site {
    let site = Site::new();
    let content: Vec<u8> = (0..LARGE_BYTES).map(|i| (i / 1000 % 251) as u8).collect();
    site.write("packages/mini/large.bin", content);
    site
}

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
async fn stopping_lets_responses_finish_and_accepts_no_connections() {
    let site = large_site();
    let mut running = start(&site).await;
    let mut idle = running.connect().await;
    idle.get("/healthz", "").await;
    let mut client = running.connect().await;
    client.request("GET", LARGE, "").await;
    let head = client.head().await;
    running.stop();
    assert_eq!(idle.rest().await, 0, "an idle connection is closed");
    let refused = TcpStream::connect(running.address).await;
    assert_eq!(
        refused.expect_err("closed").kind(),
        io::ErrorKind::ConnectionRefused
    );
    assert_eq!(client.rest().await, content_length(&head));
    assert_eq!(running.ended().await, Ended::Drained);
}

#[tokio::test]
async fn draining_ends_at_the_deadline() {
    let mut site = large_site();
    site.config.drain_deadline_s = 1;
    let mut running = start(&site).await;
    let mut client = running.connect().await;
    client.request("GET", LARGE, "").await;
    let head = client.head().await;
    running.stop();
    assert_eq!(running.ended().await, Ended::Cut(1));
    assert!(client.rest().await < content_length(&head));
}

#[tokio::test]
async fn a_second_signal_ends_the_draining_early() {
    let mut site = large_site();
    site.config.drain_deadline_s = 600;
    let mut running = start(&site).await;
    let mut client = running.connect().await;
    client.request("GET", LARGE, "").await;
    client.head().await;
    running.stop();
    let hurry = running.hurry.take().expect("hurried once");
    hurry.send(()).expect("the server runs");
    assert_eq!(running.ended().await, Ended::Cut(1));
}

#[tokio::test]
async fn health_reports_503_during_the_notice() {
    let mut site = Site::new();
    site.config.shutdown_notice_s = 1;
    let mut running = start(&site).await;
    let (head, _) = running.connect().await.get("/healthz", "").await;
    assert!(head.starts_with("http/1.1 200"), "{head}");
    running.stop();
    // The signal takes effect at the server's next poll. Load balancers ask repeatedly, too.
    let mut client = running.connect().await;
    let mut head = String::new();
    for _ in 0..50 {
        (head, _) = client.get("/healthz", "").await;
        if head.starts_with("http/1.1 503") {
            break;
        }
    }
    assert!(head.starts_with("http/1.1 503"), "{head}");
    assert_eq!(running.ended().await, Ended::Drained);
}

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
