//! The server tested from outside: through its router, over real sockets, and as a process.

mod api;
mod app_files;
mod connection;
mod download;
mod fixture;
mod layers;
mod limits;
mod logs;
mod models;
mod precompressed;
mod process;
mod reach;
mod settings;
mod shutdown;
