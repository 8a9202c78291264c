//! The signals that stop the server.

use std::io;

use tokio::sync::mpsc;

/// Two futures: one resolves at the first stop signal, the other at the second. On Unix the signals
/// are SIGTERM and SIGINT, elsewhere Ctrl-C. Handlers are installed before this returns.
pub(super) fn stop_signals() -> io::Result<(impl Future<Output = ()>, impl Future<Output = ()>)> {
    let (first, mut first_arrived) = mpsc::channel(1);
    let (second, mut second_arrived) = mpsc::channel(1);
    #[cfg(unix)]
    let (mut terminate, mut interrupt) = {
        use tokio::signal::unix::{SignalKind, signal};
        (
            signal(SignalKind::terminate())?,
            signal(SignalKind::interrupt())?,
        )
    };
    tokio::spawn(async move {
        for sender in [first, second] {
            #[cfg(unix)]
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            #[cfg(not(unix))]
            if tokio::signal::ctrl_c().await.is_err() {
                std::future::pending::<()>().await;
            }
            // The receiver is gone if the server has ended meanwhile.
            let _ = sender.send(()).await;
        }
    });
    Ok((
        async move { first_arrived.recv().await.unwrap_or_default() },
        async move { second_arrived.recv().await.unwrap_or_default() },
    ))
}
