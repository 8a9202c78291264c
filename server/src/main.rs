//! The `image2-server` command. Its logic is in the library, where tests reach it.

use std::process::ExitCode;

fn main() -> ExitCode {
    image2_server::process::run(std::env::args_os())
}
