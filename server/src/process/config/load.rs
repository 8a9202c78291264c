//! Merges the sources of settings and records the origin of each.
//!
//! The merge works on maps, so that a new setting is named in `Settings` and `Config` only.

use std::{collections::BTreeMap, ffi::OsString, fmt, fs, path::Path, str::FromStr};

use clap::{ArgMatches, CommandFactory, FromArgMatches, parser::ValueSource};
use serde_json::{Map, Value};
use tracing_subscriber::EnvFilter;

use super::{
    super::error::StartError,
    settings::{Cli, Config, Settings},
};

/// The effective configuration and its origins.
#[derive(Debug)]
pub struct Loaded {
    /// The effective settings.
    pub config: Config,
    /// Whether `--print-config` was given: print the settings and exit.
    pub print_only: bool,
    values: Map<String, Value>,
    origins: BTreeMap<String, String>,
}

/// Merges the defaults, the file named by flag or environment, the environment and the flags.
pub fn load(arguments: impl IntoIterator<Item = OsString>) -> Result<Loaded, StartError> {
    let matches = Cli::command().try_get_matches_from(arguments)?;
    let cli = Cli::from_arg_matches(&matches)?;

    let mut loaded = Merge::default();
    loaded.overlay(&Settings::defaults(), |_| "default".to_owned())?;
    if let Some(path) = &cli.config {
        let origin = format!("file {}", path.display());
        loaded.overlay(&read(path)?, |_| origin.clone())?;
    }
    loaded.overlay(&cli.settings, |key| given_by(&matches, key))?;

    let Merge { values, origins } = loaded;
    let config = Config::deserialize_from(&values)?;
    EnvFilter::from_str(&config.log_filter).map_err(|error| StartError::ConfigInvalid {
        origin: format!("log_filter ({})", origins["log_filter"]),
        message: error.to_string(),
    })?;
    Ok(Loaded {
        config,
        print_only: cli.print_config,
        values,
        origins,
    })
}

fn read(path: &Path) -> Result<Settings, StartError> {
    let text = fs::read_to_string(path).map_err(|source| StartError::ConfigUnreadable {
        path: path.to_owned(),
        source,
    })?;
    toml::from_str(&text).map_err(|error| StartError::ConfigInvalid {
        origin: path.display().to_string(),
        message: error.to_string(),
    })
}

fn given_by(matches: &ArgMatches, key: &str) -> String {
    match matches.value_source(key) {
        Some(ValueSource::EnvVariable) => format!("environment IMAGE2_{}", key.to_uppercase()),
        _ => format!("flag --{}", key.replace('_', "-")),
    }
}

#[derive(Default)]
struct Merge {
    values: Map<String, Value>,
    origins: BTreeMap<String, String>,
}

impl Merge {
    fn overlay(
        &mut self,
        settings: &Settings,
        origin: impl Fn(&str) -> String,
    ) -> Result<(), StartError> {
        let Value::Object(given) = serde_json::to_value(settings).map_err(invalid)? else {
            unreachable!("a struct is written as an object");
        };
        for (key, value) in given.into_iter().filter(|(_, value)| !value.is_null()) {
            self.origins.insert(key.clone(), origin(&key));
            self.values.insert(key, value);
        }
        Ok(())
    }
}

impl Config {
    fn deserialize_from(values: &Map<String, Value>) -> Result<Self, StartError> {
        serde_json::from_value(Value::Object(values.clone())).map_err(invalid)
    }
}

impl Default for Config {
    fn default() -> Self {
        let mut merge = Merge::default();
        merge
            .overlay(&Settings::defaults(), |_| "default".to_owned())
            .and_then(|()| Self::deserialize_from(&merge.values))
            .expect("the embedded defaults are complete")
    }
}

fn invalid(error: serde_json::Error) -> StartError {
    StartError::ConfigInvalid {
        origin: "settings".to_owned(),
        message: error.to_string(),
    }
}

/// The output of `--print-config`: valid TOML, each setting with its origin in a comment.
impl fmt::Display for Loaded {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (key, value) in &self.values {
            let value = toml::Value::try_from(value).map_err(|_| fmt::Error)?;
            writeln!(out, "{key} = {value}  # {}", self.origins[key])?;
        }
        Ok(())
    }
}
