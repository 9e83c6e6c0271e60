//! An independent plugin client in another language starts the provider and calls it.

use std::path::Path;

use serde_json::Value;

use crate::python_programs::{printed, program};

const REQUIREMENTS: &str = include_str!("python/independent_client.txt");

/// Validates the configurations of a file with the provider: schema, provider configuration, and one call for
/// each.
fn validate(suite: &str) -> (bool, Vec<Value>) {
    let output = program("independent-client", REQUIREMENTS, "soup")
        .args([
            "lint",
            "--json",
            "--lane",
            "direct",
            "--provider",
            crate::PROVIDER,
        ])
        .arg(
            Path::new(crate::SOURCES)
                .join("tests/project/independent_client")
                .join(suite),
        )
        .output()
        .unwrap();
    let report: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", printed(&output)));
    let cases = report["direct"]["cases"].as_array().unwrap().clone();
    (output.status.success(), cases)
}

#[test]
fn valid_configurations_of_every_kind_have_no_diagnostics() {
    let (passed, cases) = validate("valid.toml");
    assert!(passed, "{cases:?}");
    assert_eq!(cases.len(), 15);
    for case in cases {
        assert_eq!(case["diagnostics"], Value::Array(Vec::new()), "{case}");
    }
}

#[test]
fn invalid_configurations_have_one_error_each() {
    let (passed, cases) = validate("invalid.toml");
    assert!(!passed);
    for (case, attribute) in cases.iter().zip(["username", "ttl", "read_write"]) {
        let diagnostics = case["diagnostics"].as_array().unwrap();
        assert_eq!(diagnostics.len(), 1, "{case}");
        assert_eq!(diagnostics[0]["severity"], "error", "{case}");
        let detail = diagnostics[0]["detail"].as_str().unwrap();
        assert!(detail.contains(attribute), "{case}");
    }
    assert_eq!(cases.len(), 3);
}
