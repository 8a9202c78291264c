//! Codes and arguments against their documentation, `models/ERRORS.md`.

mod samples;

use std::collections::BTreeSet;

use samples::{is_listed, of_packages, own};

use super::*;

/// A row of the table: code, variant, arguments.
type Row = (String, String, BTreeSet<String>);

fn documented() -> Vec<Row> {
    let names = |cell: &str| -> BTreeSet<String> {
        let names = cell.split('`').skip(1).step_by(2);
        names.map(str::to_owned).collect()
    };
    let rows = include_str!("../../ERRORS.md")
        .lines()
        .filter(|line| line.starts_with("| `"));
    rows.map(|line| {
        let cells: Vec<&str> = line.split('|').collect();
        let one = |cell| names(cell).pop_first().unwrap_or_default();
        (one(cells[1]), one(cells[2]), names(cells[3]))
    })
    .collect()
}

fn row(error: &ModelError) -> Row {
    let mut arguments = error.arguments();
    let variant = arguments
        .remove("fault")
        .or_else(|| arguments.remove("what"));
    let variant = variant.and_then(|value| value.as_str().map(str::to_owned));
    let names = arguments.into_iter().map(|(name, _)| name).collect();
    (error.code().to_owned(), variant.unwrap_or_default(), names)
}

#[test]
fn every_code_and_its_arguments_are_documented_once() {
    let mut errors = own();
    errors.extend(of_packages().into_iter().map(ModelError::from));
    errors.iter().for_each(is_listed);
    let mut found: Vec<Row> = errors.iter().map(row).collect();
    let mut documented = documented();
    found.sort();
    documented.sort();
    for (found, documented) in found.iter().zip(&documented) {
        assert_eq!(found, documented);
    }
    assert_eq!(found.len(), documented.len());
    let variants = found.len();
    found.dedup();
    assert_eq!(found.len(), variants, "an error is not unique");
}

#[test]
fn arguments_are_typed_values() {
    let of = |code: &str| {
        let found = own().into_iter().find(|error| error.code() == code);
        Value::Object(found.expect(code).arguments())
    };
    assert_eq!(
        of("request.size"),
        json!({ "width": 17, "height": 32, "patch": 16, "low": 16, "high": 512, "area_max": 65_536 })
    );
    // As they were typed, not as f32 widens; and no number is null.
    assert_eq!(
        of("request.guidance"),
        json!({ "guidance": 30.1, "low": 0.0, "high": 30.0 })
    );
    assert_eq!(
        of("request.shift"),
        json!({ "shift": null, "low": 0.01, "high": 100.0 })
    );
    assert_eq!(
        of("device.memory"),
        json!({ "device": "cpu", "size_bytes": 2, "limit_bytes": 1 })
    );
}

#[test]
fn messages_of_drivers_are_no_arguments() {
    let fault = ModelError::from(DeviceFault::Refused("shader source …".into()));
    assert!(fault.arguments().is_empty());
    assert!(fault.to_string().contains("shader source"));
}
