//! Settings: precedence of file and flags, invalid values, and complete documentation.

use std::{ffi::OsString, fs};

use clap::CommandFactory;
use image2_server::process::{Cli, Config, Loaded, Settings, StartError, load};

fn load_with(arguments: &[&str]) -> Result<Loaded, StartError> {
    let program = ["image2-server"].iter();
    load(program.chain(arguments).map(OsString::from))
}

fn load_file(text: &str) -> Result<Loaded, StartError> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("image2.toml");
    fs::write(&path, text).expect("a file");
    load_with(&["--config", path.to_str().expect("a plain path")])
}

#[test]
fn without_configuration_the_defaults_apply() {
    let loaded = load_with(&[]).expect("valid");
    assert_eq!(loaded.config.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(
        format!("{:?}", loaded.config),
        format!("{:?}", Config::default())
    );
}

#[test]
fn flags_take_precedence_over_the_file_and_the_file_over_the_defaults() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("image2.toml");
    fs::write(&path, "listen = \"127.0.0.1:1\"\ndrain_deadline_s = 7\n").expect("a file");
    let path = path.to_str().expect("a plain path");
    let loaded = load_with(&["--config", path, "--listen", "127.0.0.1:2"]).expect("valid");
    assert_eq!(loaded.config.listen.port(), 2);
    assert_eq!(loaded.config.drain_deadline_s, 7);
    assert_eq!(loaded.config.shutdown_notice_s, 0);
    let printed = loaded.to_string();
    for line in [
        "listen = \"127.0.0.1:2\"  # flag --listen".to_owned(),
        format!("drain_deadline_s = 7  # file {path}"),
        "shutdown_notice_s = 0  # default".to_owned(),
    ] {
        assert!(printed.contains(&line), "{line} in {printed}");
    }
}

#[test]
fn the_printed_configuration_can_be_read_back() {
    let original = load_with(&["--max-connections", "3", "--app-dir", "a \"b\""]).expect("valid");
    let again = load_file(&original.to_string()).expect("valid");
    assert_eq!(
        format!("{:?}", again.config),
        format!("{:?}", original.config)
    );
}

#[test]
fn invalid_files_are_refused_and_the_fault_is_named() {
    for (text, fault) in [
        ("liste = \"127.0.0.1:1\"", "liste"),
        ("config = \"x\"", "config"),
        ("[section]\nlisten = 1", "section"),
        ("listen = \"nowhere\"", "listen"),
        ("request_timeout_s = 0", "request_timeout_s"),
        ("drain_deadline_s = -1", "drain_deadline_s"),
        ("log_format = \"xml\"", "xml"),
        ("log_filter = \"image2=loud\"", "log_filter"),
        ("listen = ", "listen"),
    ] {
        let error = load_file(text).expect_err(text);
        assert_eq!(error.code(), "config_invalid", "{text}");
        assert!(error.to_string().contains(fault), "{text}: {error}");
    }
    let error = load_with(&["--config", "/nonexistent/image2.toml"]).expect_err("no file");
    assert_eq!(error.code(), "config_unreadable");
}

#[test]
fn invalid_flags_are_refused() {
    for flags in [
        &["--liste", "x"][..],
        &["--listen", "nowhere"],
        &["--request-timeout-s", "0"],
        &["--log-format", "xml"],
    ] {
        assert_eq!(
            load_with(flags).expect_err("invalid").code(),
            "usage",
            "{flags:?}"
        );
    }
}

/// The README has a row for each setting, with its default and the text of `--help`.
#[test]
fn every_setting_is_documented() {
    let readme = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md"));
    let readme = readme.expect("a README");
    let defaults = serde_json::to_value(Settings::defaults()).expect("serializable");
    let defaults = defaults.as_object().expect("an object");
    let command = Cli::command();
    for (key, default) in defaults {
        assert!(!default.is_null(), "{key} has a default");
        let argument = command
            .get_arguments()
            .find(|it| it.get_id() == key.as_str());
        let argument = argument.expect("a flag for each setting");
        let flag = argument.get_long().expect("a long flag");
        assert_eq!(flag, key.replace('_', "-"));
        let variable = argument
            .get_env()
            .and_then(|it| it.to_str())
            .expect("a variable");
        assert_eq!(variable, format!("IMAGE2_{}", key.to_uppercase()));
        let help = argument.get_help().expect("a meaning").to_string();
        let default = default.as_str().map_or(default.to_string(), str::to_owned);
        let row = format!("| `{key}` | `{default}` | {help} |");
        assert!(readme.contains(&row), "missing in README.md: {row}");
    }
    let arguments = command.get_arguments().filter(|it| it.get_env().is_some());
    assert_eq!(
        arguments.count(),
        defaults.len() + 1,
        "all settings and --config"
    );
}
