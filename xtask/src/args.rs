//! Command-line parsing. A few commands and flags do not justify an argument parser, which every
//! fresh machine would have to compile first.

use crate::build::Flavour;
use anyhow::{Context, Result, bail};
use std::path::PathBuf;

/// The text of `cargo xtask help`.
pub const HELP: &str = "\
Usage: cargo xtask COMMAND

  run          Install missing tools, build everything and serve it at a printed local address
                 --port N      listen on this port (default: 8420, or a free one if it is taken)
                 --dev         build faster; the result is larger and slower
  test         Run the stages that CI runs
                 --only A,B    run only these stages
                 --keep-going  continue after a stage fails
                 --list        list the stages and exit
  bench        Compare the engine with onnxruntime-web in one browser
                 --json FILE   write ratios and measurements to FILE
                 --only A,B    run only these cases
                 --software    use a software GPU adapter, for machines without a GPU
                 --node        run in Node with its package `webgpu` instead of a browser
                 --burn        also compare single kernels with burn, which is compiled first
                 --pack DIR    do not measure; pack the comparison into DIR for a machine with
                               a GPU and no network
  build        Build everything into dist/
                 --dev         as above
  screenshots  Take the README's screenshots and write them into assets/readme/
  setup        Install the tools that building and testing need

GPU tests use Mesa's software Vulkan driver; set VK_DRIVER_FILES to choose another driver.
Browser tests use the first Chromium found; set CHROMIUM to choose another one.
";

/// A parsed command line.
#[derive(Debug, PartialEq)]
pub enum Command {
    Help,
    Setup,
    Build { flavour: Flavour },
    Run { port: Option<u16>, flavour: Flavour },
    Test(TestOptions),
    Bench(BenchOptions),
    Screenshots,
}

/// The flags of `cargo xtask bench`.
#[derive(Debug, Default, PartialEq)]
pub struct BenchOptions {
    pub json: Option<PathBuf>,
    /// Names of cases; empty means all.
    pub only: Vec<String>,
    pub software: bool,
    /// Run in Node rather than in a browser.
    pub node: bool,
    /// Include kernels of burn in the comparison.
    pub burn: bool,
    /// Pack the comparison for another machine into this folder.
    pub pack: Option<PathBuf>,
}

impl BenchOptions {
    /// Whether a case measures the latency of the product itself, which must then be built.
    pub fn includes_latency(&self) -> bool {
        let is_latency = |name: &String| name.starts_with("latency");
        !self.node && (self.only.is_empty() || self.only.iter().any(is_latency))
    }
}

/// The flags of `cargo xtask test`.
#[derive(Debug, Default, PartialEq)]
pub struct TestOptions {
    /// Names of stages; empty means all.
    pub only: Vec<String>,
    pub keep_going: bool,
    pub list: bool,
}

/// Parses the arguments after `cargo xtask`. An unknown command or flag is an error.
pub fn parse(words: impl Iterator<Item = String>) -> Result<Command> {
    // `--flag=value` and `--flag value` are equivalent.
    let mut words = words.flat_map(|word| match word.split_once('=') {
        Some((flag, value)) if flag.starts_with("--") => vec![flag.to_owned(), value.to_owned()],
        _ => vec![word],
    });
    let Some(command) = words.next() else {
        return Ok(Command::Help);
    };

    let mut flavour = Flavour::Release;
    let mut port = None;
    let mut options = TestOptions::default();
    let mut bench = BenchOptions::default();
    while let Some(flag) = words.next() {
        let mut value = || {
            words
                .next()
                .with_context(|| format!("{flag} needs a value"))
        };
        match (command.as_str(), flag.as_str()) {
            ("run" | "build", "--dev") => flavour = Flavour::Dev,
            ("run", "--port") => {
                let text = value()?;
                let number = text
                    .parse()
                    .with_context(|| format!("{text:?} is not a port"))?;
                port = Some(number);
            }
            ("test", "--only") => options.only.extend(names(value()?)),
            ("bench", "--only") => bench.only.extend(names(value()?)),
            ("bench", "--json") => bench.json = Some(value()?.into()),
            ("bench", "--software") => bench.software = true,
            ("bench", "--node") => bench.node = true,
            ("bench", "--burn") => bench.burn = true,
            ("bench", "--pack") => bench.pack = Some(value()?.into()),
            ("test", "--keep-going") => options.keep_going = true,
            ("test", "--list") => options.list = true,
            (_, "-h" | "--help") => return Ok(Command::Help),
            _ => bail!("`{command}` has no flag {flag:?}; see `cargo xtask help`"),
        }
    }
    match command.as_str() {
        "help" | "-h" | "--help" => Ok(Command::Help),
        "setup" => Ok(Command::Setup),
        "build" => Ok(Command::Build { flavour }),
        "run" => Ok(Command::Run { port, flavour }),
        "test" => Ok(Command::Test(options)),
        "bench" => Ok(Command::Bench(bench)),
        "screenshots" => Ok(Command::Screenshots),
        _ => bail!("there is no command {command:?}; see `cargo xtask help`"),
    }
}

fn names(list: String) -> Vec<String> {
    list.split(',').map(|name| name.trim().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Command> {
        parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn a_flags_value_follows_a_space_or_an_equals_sign() {
        let wanted = Command::Run {
            port: Some(9000),
            flavour: Flavour::Dev,
        };
        assert_eq!(parsed("run --port 9000 --dev").expect("parses"), wanted);
        assert_eq!(parsed("run --dev --port=9000").expect("parses"), wanted);
    }

    #[test]
    fn stages_are_separated_by_commas() {
        let Command::Test(options) = parsed("test --only fmt,typos").expect("parses") else {
            panic!("not a test command");
        };
        assert_eq!(options.only, ["fmt", "typos"]);
    }

    #[test]
    fn only_latency_cases_need_the_product() {
        let latency = |line| match parsed(line) {
            Ok(Command::Bench(options)) => options.includes_latency(),
            other => panic!("{other:?}"),
        };
        assert!(latency("bench --software") && latency("bench --only mini_step,latency_gpu"));
        assert!(!latency("bench --only mini_step") && !latency("bench --node"));
    }

    #[test]
    fn a_misspelt_flag_is_refused() {
        assert!(parsed("run --prot 9000").is_err());
        assert!(parsed("test --dev").is_err());
        assert!(parsed("run --port").is_err());
        assert!(parsed("run --port 99999").is_err());
        assert!(parsed("ruin").is_err());
    }
}
