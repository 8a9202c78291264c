//! A server on a real socket, and a client that sees every byte.

use std::{net::SocketAddr, time::Duration};

use image2_server::process::{Ended, serve};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::oneshot,
    task::JoinHandle,
    time::timeout,
};

use crate::fixture::Site;

/// More than the system's socket buffers hold, so that an unread response really blocks.
pub const LARGE_BYTES: usize = 32 * 1024 * 1024;
pub const LARGE: &str = "/models/mini/large.bin";

/// Far longer than anything here takes, even on a slow machine: only a hang fails.
pub const PATIENCE: Duration = Duration::from_secs(30);

pub struct Running {
    pub address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    pub hurry: Option<oneshot::Sender<()>>,
    task: JoinHandle<Ended>,
}

pub async fn start(site: &Site) -> Running {
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
    pub async fn connect(&self) -> Client {
        let stream = TcpStream::connect(self.address).await;
        Client(stream.expect("a connection"))
    }

    pub fn stop(&mut self) {
        let stop = self.stop.take().expect("stopped once");
        stop.send(()).expect("the server runs");
    }

    pub async fn ended(self) -> Ended {
        // Dropping `hurry` would end the draining, so it lives until the server has ended.
        let ended = timeout(PATIENCE, self.task).await.expect("in time");
        drop(self.hurry);
        ended.expect("no panic")
    }
}

pub struct Client(pub TcpStream);

impl Client {
    pub async fn send(&mut self, text: &str) {
        self.0.write_all(text.as_bytes()).await.expect("sent");
    }

    pub async fn request(&mut self, method: &str, path: &str, headers: &str) {
        let request = format!("{method} {path} HTTP/1.1\r\nhost: x\r\n{headers}\r\n");
        self.send(&request).await;
    }

    pub async fn head(&mut self) -> String {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let byte = timeout(PATIENCE, self.0.read_u8()).await.expect("in time");
            head.push(byte.expect("more of the head"));
        }
        String::from_utf8(head).expect("text").to_lowercase()
    }

    /// One response with a Content-Length; the connection stays open.
    pub async fn answer(&mut self) -> (String, Vec<u8>) {
        let head = self.head().await;
        let mut body = vec![0; content_length(&head)];
        let read = timeout(PATIENCE, self.0.read_exact(&mut body)).await;
        read.expect("in time").expect("a whole body");
        (head, body)
    }

    pub async fn get(&mut self, path: &str, headers: &str) -> (String, Vec<u8>) {
        self.request("GET", path, headers).await;
        self.answer().await
    }

    /// The number of bytes until the connection ends, in whatever way.
    pub async fn rest(&mut self) -> usize {
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

pub fn content_length(head: &str) -> usize {
    let line = head
        .lines()
        .find_map(|it| it.strip_prefix("content-length: "));
    line.map_or(0, |value| value.parse().expect("a number"))
}

pub fn large_site() -> Site {
    let site = Site::new();
    let content: Vec<u8> = (0..LARGE_BYTES).map(|i| (i / 1000 % 251) as u8).collect();
    site.write("packages/mini/large.bin", content);
    site
}
