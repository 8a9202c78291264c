//! `cargo xtask run`: from a fresh checkout to a printed address.

use crate::{build, build::Flavour, paths, setup, shell};
use anyhow::Result;
use std::net::{Ipv4Addr, TcpListener};
use std::process::ExitCode;

/// Kept from run to run: a browser keeps a page's library by its address, port included.
const USUAL_PORT: u16 = 8420;

pub fn serve(port: Option<u16>, flavour: Flavour) -> Result<ExitCode> {
    let tools = setup::for_build()?;
    build::everything(flavour, &tools)?;
    let server = build::server(flavour)?;

    let port = port.unwrap_or_else(|| {
        if TcpListener::bind((Ipv4Addr::LOCALHOST, USUAL_PORT)).is_ok() {
            USUAL_PORT
        } else {
            println!(
                "Port {USUAL_PORT} is taken, perhaps by another `cargo xtask run`: taking a free \
                 one. Pictures kept in the browser under another port's address do not show here."
            );
            0
        }
    });
    println!("\nStarting the server; Ctrl-C ends it.");
    shell::program(server)
        .arg("--app-dir")
        .arg(paths::dist())
        .arg("--models-dir")
        .arg(paths::root().join("models/weights"))
        .arg("--listen")
        .arg(format!("127.0.0.1:{port}"))
        .become_child()
}
