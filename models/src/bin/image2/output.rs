//! Writes answers: sentences for people, or one JSON value for programs.
//!
//! Every write may fail and none panics. A closed pipe is not a failure; any other error, such as
//! a full disk, is reported on standard error. All text on its way to a terminal passes through
//! this module, which escapes control characters: names and titles come from untrusted files.

use std::io::{self, Write as _};
use std::process::ExitCode;

use serde_json::{Map, Value, json};

use crate::answer::{Answer, End};
use crate::failure;

/// The form and the stream of answers.
pub struct Output {
    /// Write one JSON value instead of sentences.
    pub json: bool,
    /// Standard output carries a picture, so answers go to standard error.
    picture_on_stdout: bool,
}

impl Output {
    pub fn new(json: bool, picture_on_stdout: bool) -> Self {
        Self {
            json,
            picture_on_stdout,
        }
    }

    /// Tells people something before long work, on standard error; programs read it from the answer.
    pub fn note(&self, sentence: &str) {
        if !self.json {
            complain(sentence);
        }
    }

    /// Writes the answer and returns the exit code.
    pub fn finish(&self, answer: Answer) -> ExitCode {
        let Answer {
            lines,
            mut value,
            end,
        } = answer;
        let failure = match &end {
            End::Done | End::Unsound => None,
            End::Stopped(_) => Some((("cancelled", Map::new()), "cancelled".to_owned())),
            End::Failed(error) => Some((failure::identity(error), failure::sentence(error))),
        };
        if let Some(((code, arguments), message)) = &failure {
            let error = json!({ "code": code, "arguments": arguments, "message": message });
            value.insert("error".to_owned(), error);
        }
        let text = if self.json {
            json_line(&value.into())
        } else {
            lines.iter().fold(String::new(), |text, line| {
                text + &escape(line, terminal_escape) + "\n"
            })
        };
        let written = self.write(&text);
        // A sentence must not follow a JSON value on the same stream.
        if let Some((_, message)) = failure
            && !(self.json && self.picture_on_stdout)
        {
            complain(&message);
        }
        with_lost_answer(written, end.exit_code())
    }

    /// Writes help, the version, or a usage error, and returns the exit code.
    pub fn usage(&self, error: &clap::Error) -> ExitCode {
        let code = ExitCode::from(error.exit_code() as u8);
        if !error.use_stderr() {
            let written = error.print().and_then(|()| io::stdout().flush());
            return with_lost_answer(written, code);
        }
        let message = error.render().to_string();
        // Without colours, because the message may quote control characters of an argument. If
        // standard error is closed, the exit code still reports the error.
        for line in message.lines() {
            let _ = writeln!(io::stderr(), "{}", escape(line, terminal_escape));
        }
        if self.json {
            let error = json!({ "code": "usage", "arguments": {}, "message": message.trim_end() });
            let written = self.write(&json_line(&json!({ "error": error })));
            return with_lost_answer(written, code);
        }
        code
    }

    fn write(&self, text: &str) -> io::Result<()> {
        fn write(mut stream: impl io::Write, text: &str) -> io::Result<()> {
            stream.write_all(text.as_bytes())?;
            stream.flush()
        }
        if self.picture_on_stdout {
            write(io::stderr().lock(), text)
        } else {
            write(io::stdout().lock(), text)
        }
    }
}

/// The exit code, given the result of writing the answer.
fn with_lost_answer(written: io::Result<()>, code: ExitCode) -> ExitCode {
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            complain(&format!("cannot write the answer: {error}"));
            if code == ExitCode::SUCCESS {
                ExitCode::FAILURE
            } else {
                code
            }
        }
        _ => code,
    }
}

/// Writes a sentence to standard error. If that is closed, the exit code still reports the error.
fn complain(message: &str) {
    let message = escape(message, terminal_escape);
    let _ = writeln!(io::stderr(), "image2: {message}");
}

/// One line of JSON. Control characters occur only inside strings, so they can be escaped.
fn json_line(value: &Value) -> String {
    let json_escape = |c: char| format!("\\u{:04x}", u32::from(c));
    escape(&value.to_string(), json_escape) + "\n"
}

fn terminal_escape(c: char) -> String {
    c.escape_default().to_string()
}

/// Escapes control characters and those that change the direction of the text after them.
fn escape(text: &str, by: impl Fn(char) -> String) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => escaped += &by(c),
            _ if c.is_control() => escaped += &by(c),
            _ => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_and_direction_characters_are_escaped() {
        assert_eq!(
            escape("a\nb\u{1b}[2J\u{9b}é\u{202e}🦊", terminal_escape),
            "a\\nb\\u{1b}[2J\\u{9b}é\\u{202e}🦊"
        );
    }

    #[test]
    fn escaped_json_has_the_same_value() {
        let value = json!({ "a\u{7f}": "b\n\u{9b}\\ \u{202e}🦊" });
        let line = json_line(&value);
        assert!(line.trim_end().chars().all(|c| !c.is_control()));
        assert_eq!(serde_json::from_str::<Value>(&line).expect("JSON"), value);
    }
}
