//! The command: its output, its exit codes, and the environment.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    process::{Child, Command, Output, Stdio},
    time::{Duration, Instant},
};

use crate::fixture::Site;

fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_image2-server"));
    command.env_clear();
    command
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("text")
}

fn output(command: &mut Command) -> Output {
    command.output().expect("the command runs")
}

#[test]
fn flags_take_precedence_over_the_environment_and_the_environment_over_the_file() {
    let site = Site::new();
    site.write(
        "image2.toml",
        "drain_deadline_s = 1\nshutdown_notice_s = 1\nmax_connections = 1",
    );
    let output = output(
        command()
            .env("IMAGE2_CONFIG", site.path("image2.toml"))
            .env("IMAGE2_SHUTDOWN_NOTICE_S", "2")
            .env("IMAGE2_MAX_CONNECTIONS", "2")
            .args(["--max-connections", "3", "--print-config"]),
    );
    assert!(output.status.success());
    let printed = text(&output.stdout);
    for line in [
        "max_connections = 3  # flag --max-connections",
        "shutdown_notice_s = 2  # environment IMAGE2_SHUTDOWN_NOTICE_S",
        "drain_deadline_s = 1  # file ",
        "listen = \"127.0.0.1:8080\"  # default",
    ] {
        assert!(printed.contains(line), "{line} in {printed}");
    }
}

#[test]
fn help_and_version_go_to_standard_output() {
    let help = output(command().arg("--help"));
    assert!(help.status.success());
    assert!(text(&help.stdout).contains("IMAGE2_DRAIN_DEADLINE_S"));
    let version = output(command().arg("--version"));
    assert!(text(&version.stdout).contains(env!("CARGO_PKG_VERSION")));
}

#[test]
fn the_exit_code_distinguishes_wrong_usage_from_failure() {
    let site = Site::new();
    site.write("image2.toml", "misspelt = 1");
    let wrong = output(command().arg("--config").arg(site.path("image2.toml")));
    assert_eq!(wrong.status.code(), Some(2));
    let message = text(&wrong.stderr);
    assert!(
        message.contains("[config_invalid]") && message.contains("misspelt"),
        "{message}"
    );
    assert_eq!(output(command().arg("--nonsense")).status.code(), Some(2));

    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    let failed = output(command().args(["--listen", &address]));
    assert_eq!(failed.status.code(), Some(1));
    assert!(text(&failed.stderr).contains("[listen]"));
}

struct Running {
    child: Child,
    address: String,
}

fn start(site: &Site, arguments: &[&str]) -> Running {
    let mut child = command()
        .args(["--listen", "127.0.0.1:0", "--log-format", "json"])
        .arg("--app-dir")
        .arg(&site.config.app_dir)
        .args(arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the command starts");
    let mut line = String::new();
    let stdout = child.stdout.as_mut().expect("piped");
    BufReader::new(stdout).read_line(&mut line).expect("a line");
    let address = line.trim().strip_prefix("listening on http://");
    let address = address.expect("the announcement").to_owned();
    assert!(!address.ends_with(":0"), "the real port");
    Running { child, address }
}

impl Running {
    fn get(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).expect("a connection");
        let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        answer
    }

    fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args([name, &id]).status();
        assert!(sent.expect("kill runs").success());
    }

    fn wait(mut self, limit: Duration) -> (Option<i32>, String) {
        let started = Instant::now();
        while self.child.try_wait().expect("a state").is_none() {
            if started.elapsed() > limit {
                self.child.kill().expect("killed");
                return (None, "it did not stop".to_owned());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let output = self.child.wait_with_output().expect("its output");
        (output.status.code(), text(&output.stderr).to_owned())
    }
}

#[cfg(unix)]
#[test]
fn either_signal_stops_the_server_in_order() {
    let site = Site::new();
    for signal in ["-TERM", "-INT"] {
        let running = start(&site, &[]);
        assert!(running.get("/").ends_with("<!doctype html>index"));
        assert!(running.get("/healthz").starts_with("HTTP/1.1 200 OK"));
        running.signal(signal);
        let (code, log) = running.wait(Duration::from_secs(10));
        assert_eq!(code, Some(0), "{log}");
        let lines = log.lines().map(serde_json::from_str::<serde_json::Value>);
        let lines: Vec<_> = lines.collect::<Result<_, _>>().expect("JSON lines only");
        assert_eq!(lines.last().expect("a line")["message"], "stopped");
    }
}

#[cfg(unix)]
#[test]
fn a_second_signal_ends_the_draining() {
    let site = Site::new();
    let running = start(
        &site,
        &["--shutdown-notice-s", "600", "--drain-deadline-s", "600"],
    );
    running.signal("-TERM");
    let started = Instant::now();
    while !running.get("/healthz").starts_with("HTTP/1.1 503") {
        assert!(started.elapsed() < Duration::from_secs(10), "the notice");
        std::thread::sleep(Duration::from_millis(20));
    }
    running.signal("-TERM");
    let (code, log) = running.wait(Duration::from_secs(10));
    assert_eq!(code, Some(0), "{log}");
}
