//! The process: from its arguments to its exit code.
//!
//! Contract: exit code 0 after an orderly end (also one that cut slow clients), 1 if the server
//! could not run, 2 if it was started wrongly. Standard output carries one line for programs,
//! `listening on http://…`, with the real port.

use std::{
    ffi::OsString,
    io::{self, IsTerminal, Write},
    panic,
    path::Path,
    process::ExitCode,
};

use tokio::{net::TcpListener, sync::mpsc};

use crate::{
    AppState, Error, app,
    config::{Loaded, load},
    logging,
    serve::{Ended, serve},
};

/// Runs the server with these arguments until it is told to stop.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    match load(arguments).and_then(start) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Error::Usage(usage)) => {
            // Help and version are answers, on stdout; a closed pipe leaves nobody to tell.
            let _ = usage.print();
            ExitCode::from(if usage.use_stderr() { 2 } else { 0 })
        }
        Err(error) => {
            let _ = writeln!(io::stderr(), "error [{}]: {error}", error.code());
            let started_wrongly = matches!(
                error,
                Error::ConfigUnreadable { .. } | Error::ConfigInvalid { .. }
            );
            ExitCode::from(if started_wrongly { 2 } else { 1 })
        }
    }
}

fn start(loaded: Loaded) -> Result<(), Error> {
    if loaded.print_only {
        return write!(io::stdout(), "{loaded}").map_err(Error::Start);
    }
    let config = loaded.config;
    let log = logging::subscriber(&config, io::stderr, io::stderr().is_terminal());
    // Fails only if a subscriber is set already, which then serves as well.
    let _ = tracing::dispatcher::set_global_default(log);
    panic::set_hook(Box::new(|panic| {
        let location = panic.location().map(tracing::field::display);
        tracing::error!(location, reason = panic.payload_as_str(), "panic");
    }));
    for folder in [&config.app_dir, &config.models_dir] {
        warn_if_missing(folder);
    }
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(Error::Start)?
        .block_on(listen_and_serve(AppState::new(config)))
}

fn warn_if_missing(folder: &Path) {
    if !folder.is_dir() {
        tracing::warn!(folder = %folder.display(), "this folder does not exist; its files answer 404");
    }
}

async fn listen_and_serve(state: AppState) -> Result<(), Error> {
    let address = state.config().listen;
    let cannot_listen = |source| Error::Listen { address, source };
    // Before the address is announced: whoever reads it may stop us at once.
    let mut signals = signals().map_err(Error::Start)?;
    let listener = TcpListener::bind(address).await.map_err(cannot_listen)?;
    let bound = listener.local_addr().map_err(cannot_listen)?;
    // A reader that closed its end is no reason to stop.
    let _ = writeln!(io::stdout(), "listening on http://{bound}");
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"),
        "listening on http://{bound}"
    );

    let (stop, hurry) = (signals.0.recv(), signals.1.recv());
    let ended = serve(
        listener,
        app(state.clone()),
        &state,
        async { stop.await.unwrap_or_default() },
        async { hurry.await.unwrap_or_default() },
    )
    .await;
    match ended {
        Ended::Drained => tracing::info!("stopped"),
        Ended::Cut(connections) => tracing::warn!(connections, "stopped, cutting slow clients"),
    }
    Ok(())
}

/// Two channels: the first stop signal arrives on one, the second on the other.
fn signals() -> io::Result<(mpsc::Receiver<()>, mpsc::Receiver<()>)> {
    let (stop, stopped) = mpsc::channel(1);
    let (hurry, hurried) = mpsc::channel(1);
    #[cfg(unix)]
    let mut terminate = {
        use tokio::signal::unix::{SignalKind, signal};
        (
            signal(SignalKind::terminate())?,
            signal(SignalKind::interrupt())?,
        )
    };
    tokio::spawn(async move {
        for sender in [stop, hurry] {
            #[cfg(unix)]
            tokio::select! {
                _ = terminate.0.recv() => {}
                _ = terminate.1.recv() => {}
            }
            #[cfg(not(unix))]
            if tokio::signal::ctrl_c().await.is_err() {
                std::future::pending::<()>().await;
            }
            // The server may have ended meanwhile.
            let _ = sender.send(()).await;
        }
    });
    Ok((stopped, hurried))
}
