//! The log: one line for each request, without anything that identifies a person.

use std::{
    collections::BTreeSet,
    io,
    sync::{Arc, LazyLock, Mutex},
};

use image2_server::process::{Config, LogFormat, subscriber};
use serde_json::Value;
use tracing::{
    Dispatch,
    dispatcher::{DefaultGuard, set_default},
};
use tracing_subscriber::fmt::MakeWriter;

use crate::fixture::Site;

/// The lines logged on this thread while the guard is alive.
#[derive(Clone, Default)]
pub struct Log(Arc<Mutex<Vec<u8>>>);

/// With a single subscriber, tracing caches the interest in a new call site from the first thread
/// that reaches it, and a thread without a subscriber disables it for all. With two, every
/// subscriber is asked.
static SECOND: LazyLock<Dispatch> =
    LazyLock::new(|| subscriber(&Config::default(), io::sink, false));

pub fn capture(filter: &str) -> (Log, DefaultGuard) {
    capture_as(LogFormat::Json, filter)
}

fn capture_as(log_format: LogFormat, filter: &str) -> (Log, DefaultGuard) {
    LazyLock::force(&SECOND);
    let log = Log::default();
    let config = Config {
        log_format,
        log_filter: filter.to_owned(),
        ..Config::default()
    };
    let guard = set_default(&subscriber(&config, log.clone(), false));
    (log, guard)
}

impl Log {
    pub fn text(&self) -> String {
        let bytes = self.0.lock().expect("unpoisoned").clone();
        String::from_utf8(bytes).expect("text")
    }

    pub fn lines(&self) -> Vec<Value> {
        let text = self.text();
        let lines = text
            .lines()
            .map(|line| serde_json::from_str(line).expect("a JSON line"));
        lines.collect()
    }

    pub fn requests(&self) -> Vec<Value> {
        let lines = self.lines().into_iter();
        lines.filter(|line| line["message"] == "request").collect()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("unpoisoned").write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

const PRIVATE: [(&str, &str); 6] = [
    ("user-agent", "PRIVATE-agent"),
    ("cookie", "PRIVATE=cookie"),
    ("referer", "https://PRIVATE.example/"),
    ("x-forwarded-for", "203.0.113.7"),
    ("x-request-id", "PRIVATE-id"),
    ("authorization", "Bearer PRIVATE"),
];

#[tokio::test]
async fn a_request_is_one_line_with_a_fixed_set_of_fields() {
    let site = Site::new();
    let (log, guard) = capture("info");
    let answer = site.get_with("/sw.js?token=PRIVATE", &PRIVATE).await;
    drop(guard);
    let text = log.text();
    assert!(
        !text.contains("PRIVATE") && !text.contains("203.0.113.7"),
        "{text}"
    );

    let lines = log.lines();
    assert_eq!(lines.len(), 1, "{text}");
    let line = lines[0].as_object().expect("an object");
    let fields: BTreeSet<&str> = line.keys().map(String::as_str).collect();
    let expected = BTreeSet::from([
        "timestamp",
        "level",
        "target",
        "message",
        "request_id",
        "method",
        "path",
        "status",
        "duration_ms",
        "bytes",
        "complete",
    ]);
    assert_eq!(fields, expected);
    assert_eq!(line["level"], "INFO");
    assert_eq!(line["method"], "GET");
    assert_eq!(line["path"], "/sw.js");
    assert_eq!(line["status"], 200);
    assert_eq!(line["bytes"], 14);
    assert_eq!(line["complete"], true);
    assert!(line["duration_ms"].is_u64());
    assert_eq!(line["request_id"].as_str(), answer.header("x-request-id"));
}

#[tokio::test]
async fn routes_are_logged_by_template() {
    let site = Site::new();
    let (log, guard) = capture("info");
    site.get("/models/mini/manifest.json").await;
    site.ask(axum::http::Method::HEAD, "/models/mini/none?x", &[])
        .await;
    drop(guard);
    let requests = log.requests();
    assert_eq!(requests.len(), 2);
    assert!(
        requests
            .iter()
            .all(|line| line["path"] == "/models/{name}/{file}")
    );
    assert_eq!(requests[1]["status"], 404);
    assert_eq!(requests[1]["bytes"], 0);
    assert_eq!(requests[1]["complete"], true);
}

#[tokio::test]
async fn the_level_is_a_setting() {
    let site = Site::new();
    let (log, guard) = capture("warn");
    site.get("/").await;
    drop(guard);
    assert_eq!(log.text(), "");
    let (log, guard) = capture("warn,image2_server::http::access_log=info");
    site.get("/").await;
    drop(guard);
    assert_eq!(log.requests().len(), 1);
}

#[tokio::test]
async fn the_format_is_a_setting() {
    let site = Site::new();
    let (log, guard) = capture_as(LogFormat::Pretty, "info");
    site.get("/").await;
    drop(guard);
    let text = log.text();
    assert_eq!(text.lines().count(), 1, "{text}");
    assert!(
        !text.starts_with('{') && text.contains("status=200"),
        "{text}"
    );
}
