//! `cargo xtask run`: builds everything and serves it.

use crate::{build, build::Flavour, paths, setup, shell};
use anyhow::Result;
use std::net::{Ipv4Addr, TcpListener};
use std::process::ExitCode;

/// The same on every run: a browser stores settings by address, port included.
const USUAL_PORT: u16 = 8420;

/// Serves the app on `port`, or else on the usual port, or else on a free one.
pub fn serve(port: Option<u16>, flavour: Flavour) -> Result<ExitCode> {
    let tools = setup::for_build()?;
    build::everything(flavour, &tools)?;
    let server = build::server(flavour)?;

    let port = port.unwrap_or_else(|| {
        if TcpListener::bind((Ipv4Addr::LOCALHOST, USUAL_PORT)).is_ok() {
            USUAL_PORT
        } else {
            println!(
                "Port {USUAL_PORT} is taken, perhaps by another `cargo xtask run`; using a free \
                 one. Settings saved in the browser under another port do not apply there."
            );
            0
        }
    });
    println!("\nStarting the server; Ctrl-C ends it.");
    shell::program(server)
        .arg("--app-dir")
        .arg(paths::dist())
        .arg("--models-dir")
        .arg(paths::models())
        .arg("--listen")
        .arg(format!("127.0.0.1:{port}"))
        .become_child()
}
