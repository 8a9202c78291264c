//! Sentences for failures and notes: the one place where a code becomes words.

use image2_protocol::{Arguments, DeviceInfo, Failure, Note};
use serde_json::Value;

/// What happened, for people. Codes without a sentence are shown themselves.
pub fn failure(failure: &Failure) -> String {
    let Failure {
        code, arguments, ..
    } = failure;
    let sentence = match code.as_str() {
        "worker.silent" => match text(arguments, "phase") {
            "starting" => "The part of this page that draws did not start.",
            "loading" => "Loading the model has stalled.",
            "preparing" => "Preparing the model has stalled.",
            _ => "The part of this page that draws stopped responding.",
        },
        "worker.crashed" => match text(arguments, "cause") {
            "not_started" => "The part of this page that draws could not be started.",
            "not_loaded" => "The part of this page that draws could not be loaded.",
            "not_sent" => "The part of this page that draws could not be reached.",
            _ => "The part of this page that draws has crashed.",
        },
        "worker.start" => "The part of this page that draws did not start.",
        "worker.missing" => match text(arguments, "device") {
            "gpu" => "This copy of Image 2 cannot draw on the graphics chip.",
            _ => "This copy of Image 2 cannot draw on the processor.",
        },
        "worker.panic" => "Image 2 stopped. Your work is here.",
        "worker.memory" => "This needs more memory than this browser gives.",
        "worker.no_model" => "No model is loaded.",
        "worker.outdated" | "page.outdated" => {
            "A new version of Image 2 is ready. Reload the page to use it. Your words and your \
             pictures stay."
        }
        "page.not_reloaded" => {
            "This browser cannot keep the pictures while the page is loaded again. Download them, \
             then reload the page."
        }
        "protocol.message" | "protocol.buffers" => {
            "This page and its part that draws do not fit together. Reload the page. Your words \
             and your pictures stay."
        }
        "picture.garbled" => "The picture was drawn but arrived damaged.",
        "picture.not_kept" => "The picture was drawn but the browser could not keep it.",
        "package.fetch" => "The model could not be downloaded.",
        "package.missing_file"
        | "package.truncated"
        | "package.tampered"
        | "package.header"
        | "package.shape"
        | "package.missing_tensor"
        | "package.not_finite"
        | "package.manifest"
        | "package.io" => "Part of the model arrived damaged.",
        "package.version" | "package.too_large" | "model.architecture" | "model.config"
        | "model.tokenizer" | "model.weight" => "Image 2 cannot read this model yet.",
        "gpu.insecure" => {
            "Browsers allow the graphics chip on secure pages only. Open this page by https, or as \
             localhost on the machine that serves it."
        }
        "gpu.unavailable" => "This browser offers no usable graphics chip.",
        "gpu.lost" => "The graphics chip restarted.",
        "gpu.memory" => "Too large for this device’s memory.",
        "gpu.limits" => "This model needs more memory than this device has.",
        "gpu.refused" => "The driver of the graphics chip refused a command.",
        "engine.output" => "This came out empty and was not kept.",
        "engine.execution" => "Drawing failed.",
        "request.text" => "This model cannot read this prompt.",
        "request.invalid" => "This model cannot draw with these settings.",
        _ => return format!("Something went wrong ({code})."),
    };
    sentence.to_owned()
}

/// What the person should know about a finished picture. The words in question come after a line
/// feed.
pub fn note(note: &Note) -> String {
    let Note { code, arguments } = note;
    match code.as_str() {
        "words.unread" => format!(
            "The prompt is too long for this model. These words were not read:\n“{}”",
            text(arguments, "text")
        ),
        "words.unknown" => {
            let words = arguments.get("words").and_then(Value::as_array);
            let words = words.into_iter().flatten().filter_map(Value::as_str);
            let words: Vec<String> = words.map(|word| format!("“{word}”")).collect();
            format!(
                "This model does not know these words:\n{}",
                words.join(", ")
            )
        }
        _ => format!("About this picture: {code}"),
    }
}

/// The device that computed a picture.
pub fn device(device: &DeviceInfo) -> String {
    match device {
        DeviceInfo::Gpu { adapter } if adapter.trim().is_empty() => "GPU".into(),
        DeviceInfo::Gpu { adapter } => format!("GPU ({adapter})"),
        DeviceInfo::Cpu => "Processor".into(),
    }
}

/// An argument that is text; empty if it is missing.
fn text<'a>(arguments: &'a Arguments, name: &str) -> &'a str {
    arguments.get(name).and_then(Value::as_str).unwrap_or("")
}

#[cfg(test)]
mod tests {
    use image2_protocol::Remedy;

    use super::*;

    #[test]
    fn a_failure_is_worded_by_its_code_and_arguments() {
        let silent = |phase| Failure::new("worker.silent", Remedy::Restart).with("phase", phase);
        assert_eq!(
            failure(&silent("loading")),
            "Loading the model has stalled."
        );
        assert_ne!(failure(&silent("loading")), failure(&silent("drawing")));
    }

    #[test]
    fn an_unknown_code_is_shown() {
        let unknown = Failure::new("moon.full", Remedy::Retry).with("phase", 3);
        assert!(failure(&unknown).contains("moon.full"));
        assert!(note(&Note::new("moon.new")).contains("moon.new"));
    }

    #[test]
    fn notes_name_the_words() {
        let unread = Note::new("words.unread").with("text", "a banana");
        assert_eq!(note(&unread).lines().last(), Some("“a banana”"));
        let unknown = Note::new("words.unknown").with("words", vec!["quokka", "zyx"]);
        assert_eq!(note(&unknown).lines().last(), Some("“quokka”, “zyx”"));
    }
}
