//! The `image2-server` command: all logic lives in the library, where tests reach it.

use std::process::ExitCode;

fn main() -> ExitCode {
    image2_server::run(std::env::args_os())
}
