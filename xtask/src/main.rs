//! `cargo xtask`: sets up, builds, runs and checks the whole product.
//!
//! Contract: a command either completes or exits non-zero with a message that names the missing
//! tool and how to install it. A command that was interrupted can be run again; it repeats only
//! the unfinished work.

mod args;
mod bench;
mod build;
mod cargo;
mod files;
mod paths;
mod run;
mod screenshots;
mod setup;
mod shell;
mod stages;

use args::Command;
use std::process::ExitCode;

fn main() -> ExitCode {
    let outcome = args::parse(std::env::args().skip(1)).and_then(dispatch);
    outcome.unwrap_or_else(|error| {
        eprintln!("\nxtask: {error:#}");
        ExitCode::FAILURE
    })
}

fn dispatch(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Help => {
            print!("{}", args::HELP);
            Ok(ExitCode::SUCCESS)
        }
        Command::Setup => {
            setup::Need::ALL
                .into_iter()
                .try_for_each(setup::Need::meet)?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Build { flavour } => {
            let tools = setup::for_build()?;
            build::everything(flavour, &tools)?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Run { port, flavour } => run::serve(port, flavour),
        Command::Test(options) => stages::run(&options),
        Command::Bench(options) => bench::run(&options),
        Command::Screenshots => screenshots::take(),
    }
}
