//! The socket: accepting, limiting and ending connections.
//!
//! Contract: no client holds a connection for nothing. A head must arrive in time, an answer must
//! be taken in time, and connections are counted. Told to stop, the server first says so on
//! `/healthz`, then accepts no more, lets answers finish until a deadline, and cuts what is left.
//! axum's own `serve` is not used because it has none of these limits.

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

use crate::{AppState, config::Config};

/// After a failed accept (out of file handles), so that the loop does not spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Bounds the memory of a request's head; browsers stay far below.
const MAX_HEAD_BYTES: usize = 32 * 1024;

/// How the server ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Every answer was finished.
    Drained,
    /// The deadline came, or a second signal, and this many connections were cut.
    Cut(usize),
}

/// Serves `app` until `stop` resolves, then drains; `hurry` ends the draining early.
pub async fn serve(
    listener: TcpListener,
    app: Router,
    state: &AppState,
    stop: impl Future<Output = ()>,
    hurry: impl Future<Output = ()>,
) -> Ended {
    let config = state.config();
    let mut server = Server {
        listener,
        app,
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
    // A connection that ended just now may not have been collected yet.
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
                // The end first: a flood of connections must not delay it.
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
            // Ended connections leave their result behind until it is taken.
            while self.connections.try_join_next().is_some() {}
        }
    }

    async fn accept(&self) -> io::Result<(TcpStream, OwnedSemaphorePermit)> {
        let permit = Arc::clone(&self.permits).acquire_owned().await;
        let permit = permit.map_err(io::Error::other)?;
        let (stream, _address) = self.listener.accept().await?;
        // Answers are written whole; waiting to fill a packet would only delay their ends.
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
                // Clients leave, stall and send nonsense; none of it is the server's fault.
                tracing::debug!(%error, "connection ended early");
            }
            drop(permit);
        });
    }
}
