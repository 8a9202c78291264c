//! The command line, read by hand: five words and a few flags need no library.

use crate::build::Flavour;
use anyhow::{Context, Result, bail};
use std::path::PathBuf;

pub const HELP: &str = "\
Usage: cargo xtask COMMAND

  run    Install what is missing, build everything, serve it at a printed local address
           --port N     listen on this port (default: 8420, or a free one if that is taken)
           --dev        build faster, larger and slower code
  test   Run everything that CI runs, stage by stage
           --only A,B   only these stages
           --keep-going do not stop at the first stage that fails
           --list       print the stages and stop
  bench  Compare the engine with onnxruntime-web, side by side in one browser
           --json FILE  write the ratios and all that was measured
           --only A,B   only these cases
           --software   on a GPU that the processor plays, for machines without one
           --node       in Node instead of a browser, on the WebGPU of its package `webgpu`
           --burn       single kernels beside plain burn, too, which is compiled for it
           --pack DIR   measure nothing here: pack it for a GPU machine without a network
  build  Build everything into dist/ and stop
           --dev        as above
  setup  Install what building and testing need, and stop

GPU tests use Mesa's software Vulkan driver; set VK_DRIVER_FILES to choose another one.
Browser tests use the first Chromium found; set CHROMIUM to choose another one.
";

#[derive(Debug, PartialEq)]
pub enum Command {
    Help,
    Setup,
    Build { flavour: Flavour },
    Run { port: Option<u16>, flavour: Flavour },
    Test(TestOptions),
    Bench(BenchOptions),
}

#[derive(Debug, Default, PartialEq)]
pub struct BenchOptions {
    pub json: Option<PathBuf>,
    /// Names of cases; empty means all.
    pub only: Vec<String>,
    pub software: bool,
    /// In Node rather than in a browser.
    pub node: bool,
    /// Whether plain burn takes part.
    pub burn: bool,
    /// Where to pack all of it for another machine.
    pub pack: Option<PathBuf>,
}

impl BenchOptions {
    /// Whether the product itself is waited for, too, which wants it built.
    pub fn waits(&self) -> bool {
        let chosen = |name: &String| name.starts_with("latency");
        !self.node && (self.only.is_empty() || self.only.iter().any(chosen))
    }
}

#[derive(Debug, Default, PartialEq)]
pub struct TestOptions {
    /// Names of stages; empty means all.
    pub only: Vec<String>,
    pub keep_going: bool,
    pub list: bool,
}

pub fn parse(words: impl Iterator<Item = String>) -> Result<Command> {
    // `--flag=value` and `--flag value` mean the same.
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
            _ => bail!("`{command}` does not know {flag:?}; see `cargo xtask help`"),
        }
    }
    match command.as_str() {
        "help" | "-h" | "--help" => Ok(Command::Help),
        "setup" => Ok(Command::Setup),
        "build" => Ok(Command::Build { flavour }),
        "run" => Ok(Command::Run { port, flavour }),
        "test" => Ok(Command::Test(options)),
        "bench" => Ok(Command::Bench(bench)),
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
    fn flags_take_their_value_either_way() {
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
    fn the_product_is_built_only_where_it_is_waited_for() {
        let waits = |line| match parsed(line) {
            Ok(Command::Bench(options)) => options.waits(),
            other => panic!("{other:?}"),
        };
        assert!(waits("bench --software") && waits("bench --only mini_step,latency_gpu"));
        assert!(!waits("bench --only mini_step") && !waits("bench --node"));
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
