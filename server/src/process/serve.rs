//! The socket: accepts, limits and closes connections.
//!
//! Contract: no client holds a connection without using it. The head of a request must arrive in
//! time, the client must keep reading the response, and the number of connections is bounded. On
//! shutdown the server reports it on `/healthz` for a while, then accepts no more connections, lets
//! responses finish until a deadline, and closes the rest. axum's own `serve` has none of these
//! limits.

use std::{io, pin::pin, sync::Arc, time::Duration};

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    task::JoinSet,
    time::{sleep, timeout},
};
use tokio_io_timeout::TimeoutStream;

use super::config::Config;
use crate::http::{AppState, app};

/// Pause after a failed accept (out of file handles), so that the loop does not spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Bounds the memory of a request's head. Browsers send far less.
const MAX_HEAD_BYTES: usize = 32 * 1024;

/// How the shutdown ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Every response was finished.
    Drained,
    /// The deadline passed, or `hurry` resolved, and this many connections were closed.
    Cut(usize),
}

/// Serves the app until `stop` resolves, then drains the connections until the deadline or until
/// `hurry` resolves.
pub async fn serve(
    listener: TcpListener,
    config: &Config,
    stop: impl Future<Output = ()>,
    hurry: impl Future<Output = ()>,
) -> Ended {
    let state = AppState::new(config.http_options());
    let mut server = Server {
        listener,
        app: app(state.clone()),
        http: http(config),
        write_stall_timeout: Duration::from_secs(config.write_stall_timeout_s.get()),
        permits: Arc::new(Semaphore::new(config.max_connections.get())),
        graceful: GracefulShutdown::new(),
        connections: JoinSet::new(),
    };
    let mut hurry = pin!(hurry);

    server.accept_until(stop).await;
    state.begin_stopping();
    tracing::info!("stopping");
    let notice = sleep(Duration::from_secs(config.shutdown_notice_s));
    let hurried = tokio::select! {
        () = server.accept_until(notice) => false,
        () = &mut hurry => true,
    };

    let Server {
        listener,
        graceful,
        mut connections,
        ..
    } = server;
    drop(listener);
    let deadline = Duration::from_secs(config.drain_deadline_s);
    let drained = !hurried
        && tokio::select! {
            drained = timeout(deadline, graceful.shutdown()) => drained.is_ok(),
            () = hurry => false,
        };
    // Connections that ended just now may not have been removed yet.
    while connections.try_join_next().is_some() {}
    if drained || connections.is_empty() {
        return Ended::Drained;
    }
    let cut = connections.len();
    connections.shutdown().await;
    Ended::Cut(cut)
}

fn http(config: &Config) -> http1::Builder {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(Duration::from_secs(config.header_read_timeout_s.get()))
        .max_buf_size(MAX_HEAD_BYTES);
    http
}

struct Server {
    listener: TcpListener,
    app: Router,
    http: http1::Builder,
    write_stall_timeout: Duration,
    permits: Arc<Semaphore>,
    graceful: GracefulShutdown,
    connections: JoinSet<()>,
}

impl Server {
    async fn accept_until(&mut self, end: impl Future<Output = ()>) {
        let mut end = pin!(end);
        loop {
            let accepted = tokio::select! {
                // `end` is polled first: a flood of connections must not delay the shutdown.
                biased;
                () = &mut end => return,
                accepted = self.accept() => accepted,
            };
            match accepted {
                Ok((stream, permit)) => self.start(stream, permit),
                Err(error) => {
                    tracing::warn!(%error, "cannot accept a connection");
                    sleep(ACCEPT_PAUSE).await;
                }
            }
            // Ended connections stay in the set until their results are taken.
            while self.connections.try_join_next().is_some() {}
        }
    }

    async fn accept(&self) -> io::Result<(TcpStream, OwnedSemaphorePermit)> {
        let permit = Arc::clone(&self.permits).acquire_owned().await;
        let permit = permit.map_err(io::Error::other)?;
        let (stream, _address) = self.listener.accept().await?;
        // Responses are written in large pieces; Nagle's algorithm would only delay their ends.
        stream.set_nodelay(true)?;
        Ok((stream, permit))
    }

    fn start(&mut self, stream: TcpStream, permit: OwnedSemaphorePermit) {
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(self.write_stall_timeout));
        let service = TowerToHyperService::new(self.app.clone());
        let connection = self
            .http
            .serve_connection(TokioIo::new(Box::pin(stream)), service);
        let connection = self.graceful.watch(connection);
        self.connections.spawn(async move {
            if let Err(error) = connection.await {
                // Clients disconnect, stall and send malformed requests; these are no server errors.
                tracing::debug!(%error, "connection ended early");
            }
            drop(permit);
        });
    }
}
