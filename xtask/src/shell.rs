//! Child processes. A command is printed before it runs, its output is passed through unchanged,
//! and an error names the whole command line.

use anyhow::{Context, Result, bail};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// A command line, which `Display` prints in shell syntax.
pub struct Shell {
    command: Command,
}

/// A command that runs in the workspace's root.
pub fn program(name: impl AsRef<OsStr>) -> Shell {
    let mut command = Command::new(name);
    command.current_dir(crate::paths::root());
    Shell { command }
}

impl Shell {
    pub fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.command.arg(arg);
        self
    }

    pub fn args<S: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = S>) -> Self {
        self.command.args(args);
        self
    }

    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    pub fn without(mut self, name: &str) -> Self {
        self.command.env_remove(name);
        self
    }

    pub fn in_dir(mut self, folder: impl AsRef<Path>) -> Self {
        self.command.current_dir(folder);
        self
    }

    /// Prepends `folders` to the child's `PATH`.
    pub fn with_path(self, folders: &[PathBuf]) -> Result<Self> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let all = folders.iter().cloned().chain(std::env::split_paths(&path));
        let joined = std::env::join_paths(all).context("a tool's folder cannot be on the PATH")?;
        Ok(self.env("PATH", joined))
    }

    /// Runs the command with its output passed through; a non-zero exit status is an error.
    pub fn run(mut self) -> Result<()> {
        println!("  $ {self}");
        let status = self
            .command
            .status()
            .with_context(|| format!("cannot start `{self}`"))?;
        if !status.success() {
            bail!("`{self}` failed ({status})");
        }
        Ok(())
    }

    /// Runs the command and returns its standard output; a non-zero exit status is an error.
    pub fn read(mut self) -> Result<String> {
        self.command.stdin(Stdio::null()).stderr(Stdio::piped());
        let output = self
            .command
            .output()
            .with_context(|| format!("cannot start `{self}`"))?;
        if !output.status.success() {
            let stderr = String::from_utf8_lossy(&output.stderr);
            bail!("`{self}` failed ({}): {}", output.status, stderr.trim());
        }
        String::from_utf8(output.stdout).with_context(|| format!("`{self}` printed no UTF-8"))
    }

    /// Replaces this process by the child, so that Ctrl-C and a supervisor's signals reach the
    /// child directly. Returns only if the child cannot start.
    #[cfg(unix)]
    pub fn become_child(mut self) -> Result<std::process::ExitCode> {
        use std::os::unix::process::CommandExt;
        let error = self.command.exec();
        Err(error).with_context(|| format!("cannot start `{self}`"))
    }

    /// Runs the child and waits for it: a console sends Ctrl-C to both processes.
    #[cfg(not(unix))]
    pub fn become_child(self) -> Result<std::process::ExitCode> {
        self.run()?;
        Ok(std::process::ExitCode::SUCCESS)
    }
}

impl std::fmt::Display for Shell {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let name = Path::new(self.command.get_program())
            .file_name()
            .unwrap_or_default();
        write!(out, "{}", name.to_string_lossy())?;
        for arg in self.command.get_args() {
            let text = arg.to_string_lossy();
            if text.contains([' ', '"', '[', '*']) {
                write!(out, " '{text}'")?;
            } else {
                write!(out, " {text}")?;
            }
        }
        Ok(())
    }
}

/// The first program of this name on the `PATH`.
pub fn find(name: &str) -> Option<PathBuf> {
    let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .map(|folder| folder.join(&file))
        .find(|file| file.is_file())
}

/// Runs `work` and prints `what` before it and the elapsed time after it.
pub fn timed<T>(what: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    println!("· {what}");
    let start = Instant::now();
    let value = work().with_context(|| what.to_owned())?;
    println!("  {} ({what})", seconds(start.elapsed()));
    Ok(value)
}

pub fn seconds(duration: Duration) -> String {
    let whole_s = duration.as_secs();
    if whole_s >= 60 {
        format!("{} min {:02} s", whole_s / 60, whole_s % 60)
    } else {
        format!("{:.1} s", duration.as_secs_f64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_names_the_command() {
        let error = program("no-such-program")
            .arg("--flag")
            .read()
            .expect_err("fails");
        assert!(
            error.to_string().contains("no-such-program --flag"),
            "{error}"
        );
    }

    #[test]
    fn durations_are_rounded_to_what_matters() {
        assert_eq!(seconds(Duration::from_millis(1240)), "1.2 s");
        assert_eq!(seconds(Duration::from_secs(125)), "2 min 05 s");
    }
}
