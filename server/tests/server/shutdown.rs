//! Shutdown: what happens to connections after a stop signal.

use std::io;

use image2_server::process::Ended;
use tokio::net::TcpStream;

use crate::{
    connection::{LARGE, content_length, large_site, start},
    fixture::Site,
};

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
