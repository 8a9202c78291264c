//! `image2`: the whole engine on the command line, on the same library as the browser's worker.
//!
//! Exit codes: 0 done, 1 failed, 2 wrong usage, 130 stopped by Ctrl-C, 143 by SIGTERM.

mod answer;
mod args;
mod bench;
mod cost;
mod destination;
mod device;
mod enlarge;
mod failure;
mod file_format;
mod generate;
mod interrupt;
mod names;
mod output;
mod packages;
mod progress;
mod svg;
mod text_file;
mod unfinished;

use std::process::ExitCode;

use clap::Parser;

use answer::Answer;
use args::{Args, Command};
use output::Output;

fn main() -> ExitCode {
    env_logger::Builder::from_env(env_logger::Env::default().default_filter_or("error")).init();
    match Args::try_parse() {
        Ok(args) => {
            let output = Output::new(args.json, args.takes_standard_output());
            let answer = pollster::block_on(run(args.command, &output));
            output.finish(answer.unwrap_or_else(Answer::failed))
        }
        // There are no parsed arguments to read `--json` from.
        Err(usage) => {
            let json = std::env::args_os().any(|arg| arg == "--json");
            Output::new(json, false).usage(&usage)
        }
    }
}

async fn run(command: Command, output: &Output) -> anyhow::Result<Answer> {
    match command {
        Command::Generate(args) => generate::run(&args, output).await,
        Command::Enlarge(args) => enlarge::run(&args, output).await,
        Command::Models(command) => packages::run(command),
        Command::Bench(args) => bench::run(&args, output).await,
    }
}
