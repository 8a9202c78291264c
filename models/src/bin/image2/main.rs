//! `image2`: the whole engine on the command line, on the same library as the browser's worker.
//!
//! Exit codes: 0 done, 1 failed, 2 wrong usage, 130 cancelled by Ctrl-C.

mod args;
mod bench;
mod cancel;
mod generate;
mod output;
mod packages;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    env_logger::Builder::from_env(env_logger::Env::default().default_filter_or("error")).init();
    let args = args::Args::parse();
    let output = output::Output::new(args.json);
    match pollster::block_on(run(args.command, &output)) {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::Failed) => ExitCode::FAILURE,
        Ok(Outcome::Cancelled) => ExitCode::from(130),
        Err(error) => {
            output.error(&error);
            ExitCode::FAILURE
        }
    }
}

/// How a command ended, when nothing broke.
enum Outcome {
    Done,
    /// The command worked and its answer is no, as of `verify`.
    Failed,
    Cancelled,
}

async fn run(command: args::Command, output: &output::Output) -> anyhow::Result<Outcome> {
    match command {
        args::Command::Generate(args) => generate::run(&args, output).await,
        args::Command::Models(command) => packages::run(command, output),
        args::Command::Bench(args) => bench::run(&args, output).await,
    }
}
