//! The server from outside: in process through its router, over real sockets, and as a process.

mod app_files;
mod fixture;
mod layers;
mod logs;
mod models;
mod process;
mod settings;
mod socket;
