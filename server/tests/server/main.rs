//! The server tested from outside: through its router, over real sockets, and as a process.

mod api;
mod app_files;
mod fixture;
mod layers;
mod logs;
mod models;
mod precompressed;
mod process;
mod settings;
mod socket;
