//! The process, from its arguments to its exit code.
//!
//! Contract: exit code 0 after an orderly shutdown (also one that closed slow connections), 1 if the
//! server could not run, 2 if it was started wrongly. Standard output carries one line for programs,
//! `listening on http://…`, with the actual port.

use std::{
    ffi::OsString,
    io::{self, IsTerminal, Write},
    panic,
    path::Path,
    process::ExitCode,
};

use tokio::net::TcpListener;

use super::{
    config::{Config, Loaded, load},
    error::StartError,
    logging,
    serve::{Ended, serve},
    signals::stop_signals,
};

/// Runs the server with these arguments until a signal stops it.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    match load(arguments).and_then(start) {
        Ok(()) => ExitCode::SUCCESS,
        Err(StartError::Usage(usage)) => {
            // Help and the version go to standard output, which may be closed.
            let _ = usage.print();
            ExitCode::from(if usage.use_stderr() { 2 } else { 0 })
        }
        Err(error) => {
            let _ = writeln!(io::stderr(), "error [{}]: {error}", error.code());
            ExitCode::from(error.exit_code())
        }
    }
}

fn start(loaded: Loaded) -> Result<(), StartError> {
    if loaded.print_only {
        return write!(io::stdout(), "{loaded}").map_err(StartError::System);
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
        .map_err(StartError::System)?
        .block_on(listen_and_serve(&config))
}

fn warn_if_missing(folder: &Path) {
    if !folder.is_dir() {
        tracing::warn!(folder = %folder.display(), "this folder does not exist; its files answer 404");
    }
}

async fn listen_and_serve(config: &Config) -> Result<(), StartError> {
    let address = config.listen;
    let cannot_listen = |source| StartError::Listen { address, source };
    // Installed before the address is printed: a program that reads it may send a signal at once.
    let (stop, hurry) = stop_signals().map_err(StartError::System)?;
    let listener = TcpListener::bind(address).await.map_err(cannot_listen)?;
    let bound = listener.local_addr().map_err(cannot_listen)?;
    // A closed standard output is no reason to stop.
    let _ = writeln!(io::stdout(), "listening on http://{bound}");
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"),
        "listening on http://{bound}"
    );
    match serve(listener, config, stop, hurry).await {
        Ended::Drained => tracing::info!("stopped"),
        Ended::Cut(connections) => {
            tracing::warn!(connections, "stopped; slow connections were closed");
        }
    }
    Ok(())
}
