//! Helpers that run the command and inspect its results.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use image2_picture::Picture;
use serde_json::Value;

/// Options of a picture that takes a fraction of a second.
pub const SMALL: [&str; 8] = [
    "--device", "cpu", "--size", "64x64", "--steps", "2", "--seed", "7",
];

/// The default model.
pub fn weights() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("weights/image2-mini")
}

/// A small package of version 2 with every component.
pub fn tiny() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tiny")
}

/// The command with the default model and none of the caller's settings.
pub fn image2<S: AsRef<OsStr>>(args: impl IntoIterator<Item = S>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_image2"));
    command
        .args(args)
        .env("IMAGE2_MODEL", weights())
        .env_remove("IMAGE2_MODELS")
        .env_remove("RUST_LOG")
        .stdin(Stdio::null());
    command
}

/// `image2 generate "a red apple"` with [`SMALL`] and the output `output`.
pub fn generate(output: impl AsRef<OsStr>) -> Command {
    let mut command = image2(["generate", "a red apple"]);
    command.args(SMALL).arg("-o").arg(output);
    command
}

/// [`generate`] with a missing model: every other error was found before the model was loaded.
pub fn generate_without_model(output: impl AsRef<OsStr>) -> Command {
    let mut command = generate(output);
    command.args(["--model", "/nonexistent"]);
    command
}

/// How a run ended.
#[derive(Debug)]
pub struct Ended {
    pub code: Option<i32>,
    pub out: Vec<u8>,
    pub err: Vec<u8>,
}

impl Ended {
    /// The one JSON value on standard output.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.out)
            .unwrap_or_else(|error| panic!("standard output is not JSON: {error}\n{self}"))
    }

    /// Standard output as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.out).into_owned()
    }

    /// Standard error as text.
    pub fn complaint(&self) -> String {
        String::from_utf8_lossy(&self.err).into_owned()
    }

    /// Fails where the run failed.
    #[track_caller]
    pub fn succeeded(self) -> Self {
        assert_eq!(self.code, Some(0), "{self}");
        self
    }

    /// Fails unless the command refused with code 1 and one sentence that contains `words`.
    #[track_caller]
    pub fn refused(self, words: &str) -> Self {
        let complaint = self.complaint();
        assert_eq!(self.code, Some(1), "{self}");
        assert!(complaint.contains(words), "{words:?} is missing in {self}");
        assert_eq!(complaint.trim_end().lines().count(), 1, "{self}");
        self
    }
}

impl std::fmt::Display for Ended {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { code, .. } = self;
        write!(f, "code {code:?}\n{}\n{}", self.text(), self.complaint())
    }
}

/// Runs a command to its end.
pub fn run(command: &mut Command) -> Ended {
    let output = command.output().expect("the command starts");
    Ended {
        code: output.status.code(),
        out: output.stdout,
        err: output.stderr,
    }
}

/// Everything below a folder, relative to it, sorted, folders included.
pub fn below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut waiting = vec![folder.to_owned()];
    while let Some(next) = waiting.pop() {
        for entry in std::fs::read_dir(next).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() && !path.is_symlink() {
                waiting.push(path.clone());
            }
            found.push(path.strip_prefix(folder).expect("below").to_owned());
        }
    }
    found.sort();
    found
}

/// Whether `bytes` are a whole PNG file.
pub fn is_png(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\x89PNG\r\n\x1a\n") && bytes.ends_with(b"IEND\xaeB`\x82")
}

/// Whether a whole PNG file lies at `path`.
pub fn is_picture(path: impl AsRef<Path>) -> bool {
    std::fs::read(path).is_ok_and(|bytes| is_png(&bytes))
}

/// The pixels of a PNG file.
pub fn decode(file: &[u8]) -> Picture {
    let mut decoder = png::Decoder::new(std::io::Cursor::new(file));
    decoder.set_transformations(png::Transformations::ALPHA);
    let mut reader = decoder.read_info().expect("a PNG");
    let mut rgba = vec![0; reader.output_buffer_size().expect("a small picture")];
    let info = reader.next_frame(&mut rgba).expect("whole pixels");
    Picture::new(info.width, info.height, rgba).expect("four bytes a pixel")
}

/// Writes a list of prompts into `folder`, a JSON object a line, and returns its path.
pub fn list(folder: &Path, lines: &[&str]) -> PathBuf {
    let path = folder.join("list.jsonl");
    std::fs::write(&path, lines.join("\n")).expect("a list");
    path
}

/// `image2 generate --prompts` with two steps on the processor.
pub fn generate_list(list: impl AsRef<OsStr>, folder: impl AsRef<OsStr>) -> Command {
    let mut command = image2(["generate", "--device", "cpu", "--steps", "2", "--prompts"]);
    command.arg(list).arg("-o").arg(folder);
    command
}

/// Relative paths of a comparison with [`below`].
pub trait MapPaths {
    fn map_paths(&self) -> Vec<PathBuf>;
}

impl MapPaths for [&str] {
    fn map_paths(&self) -> Vec<PathBuf> {
        self.iter().map(PathBuf::from).collect()
    }
}

/// The same command with a limit of 512 or 1024 bytes a file, to emulate a full disk.
pub fn on_a_full_disk(command: &Command) -> Command {
    let mut shell = Command::new("sh");
    shell
        .args(["-c", r#"trap "" XFSZ; ulimit -f 1; exec "$@""#, "sh"])
        .arg(command.get_program())
        .args(command.get_args())
        .env("IMAGE2_MODEL", weights());
    shell
}

/// UTF-16 by the byte order of `bytes`.
pub fn utf_16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(bytes).collect()
}

/// A prompt whose parameters make any file larger than the buffer of a pipe.
pub fn long_prompt() -> String {
    "cat ".repeat(20_000)
}
