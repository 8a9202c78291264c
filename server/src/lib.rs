//! The web server of Image 2: it hands out the built app and the model packages, and nothing else.
//!
//! Contract: [`app`] is a pure function from [`AppState`] to a router, so that a test calls it
//! without a socket; [`serve`](serve::serve) adds the socket, its limits and the orderly end;
//! [`run`] adds the process around it. Pictures, prompts and keys never reach this program, and
//! its log names no person: no address, no browser, no query string.

mod access_log;
mod app;
pub mod config;
mod error;
mod files;
mod health;
mod logging;
mod run;
mod security;
pub mod serve;
mod state;

pub use app::{app, layered};
pub use error::Error;
pub use logging::subscriber;
pub use run::run;
pub use security::CONTENT_SECURITY_POLICY;
pub use state::AppState;
