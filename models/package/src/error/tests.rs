//! Codes and arguments.

use super::*;
use crate::{Format, Layout, Shape, dtype::Dtype};

/// One error of every variant. A new variant does not compile until it is listed here.
fn samples() -> Vec<PackageError> {
    let text = || "x".to_owned();
    let entry = || EntryShape {
        dtype: Dtype::F16,
        shape: vec![2, 3],
    };
    let all = vec![
        PackageError::io("x", io::Error::other("full")),
        PackageError::MissingFile { file: text() },
        PackageError::Truncated {
            file: text(),
            expected_bytes: 2,
            actual_bytes: 1,
        },
        PackageError::Tampered {
            file: text(),
            chunk: 3,
        },
        PackageError::Version {
            found: 2,
            supported: 1,
        },
        ManifestFault::Storage {
            tensor: text(),
            shape: Shape::new(&[7]).expect("small"),
            format: Format::Q4,
            layout: Layout::Plain,
        }
        .into(),
        PackageError::header("x", HeaderFault::Short),
        PackageError::Vocabulary {
            file: text(),
            fault: VocabularyFault::Repeated { name: text() },
        },
        PackageError::Shape {
            tensor: text(),
            expected: entry(),
            actual: entry(),
        },
        PackageError::TooLarge {
            what: Measured::Files,
            limit: 1,
            actual: 2,
        },
        PackageError::MissingTensor { tensor: text() },
        PackageError::NotFinite {
            tensor: text(),
            row: 1,
            col: 2,
        },
    ];
    for error in &all {
        match error {
            PackageError::Io { .. }
            | PackageError::MissingFile { .. }
            | PackageError::Truncated { .. }
            | PackageError::Tampered { .. }
            | PackageError::Version { .. }
            | PackageError::Manifest(_)
            | PackageError::Header { .. }
            | PackageError::Vocabulary { .. }
            | PackageError::Shape { .. }
            | PackageError::TooLarge { .. }
            | PackageError::MissingTensor { .. }
            | PackageError::NotFinite { .. } => {}
        }
    }
    all
}

#[test]
fn every_code_is_unique_and_documented() {
    let format = include_str!("../../FORMAT.md");
    let mut codes: Vec<&str> = samples().iter().map(PackageError::code).collect();
    for code in &codes {
        assert!(format.contains(&format!("| `{code}` |")), "{code}");
    }
    let count = codes.len();
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), count);
    assert_eq!(format.matches("| `package.").count(), count, "no others");
}

#[test]
fn arguments_are_typed_values() {
    let arguments: Vec<Value> = samples()
        .iter()
        .map(|error| Value::Object(error.arguments()))
        .collect();
    assert_eq!(
        arguments,
        [
            json!({ "path": "x", "reason": "full" }),
            json!({ "file": "x" }),
            json!({ "file": "x", "expected_bytes": 2, "actual_bytes": 1 }),
            json!({ "file": "x", "chunk": 3 }),
            json!({ "found": 2, "supported": 1 }),
            json!({ "fault": "storage", "tensor": "x", "shape": [7], "format": "q4", "layout": "plain" }),
            json!({ "fault": "short", "file": "x" }),
            json!({ "fault": "repeated", "name": "x", "file": "x" }),
            json!({
                "tensor": "x",
                "expected": { "dtype": "F16", "shape": [2, 3] },
                "actual": { "dtype": "F16", "shape": [2, 3] },
            }),
            json!({ "what": "files", "limit": 1, "actual": 2 }),
            json!({ "tensor": "x" }),
            json!({ "tensor": "x", "row": 1, "column": 2 }),
        ]
    );
    let fault = ManifestFault::Value {
        field: "sampler.steps".into(),
        found: "0".into(),
        rule: crate::fault::Rule::Between { low: 1, high: 9 },
    };
    assert_eq!(
        json!(fault),
        json!({ "fault": "value", "field": "sampler.steps", "found": "0", "rule": "between", "low": 1, "high": 9 })
    );
}
