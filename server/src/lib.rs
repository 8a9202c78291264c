//! The web server of Image 2: serves the built app and the model packages, and nothing else.
//!
//! Contract: [`http::app`] is a function from [`http::AppState`] to a router, so that tests call it
//! without a socket; [`process`] adds settings, the socket with its limits, and the shutdown.
//! Pictures, prompts and keys never reach this program, and its log identifies nobody: it contains
//! no address, no user agent and no query string.
//!
//! Dependencies point one way: `files` ← `http` ← `process`.

mod files;
pub mod http;
pub mod process;
