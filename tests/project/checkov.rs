//! Runs the policies of `policies/checkov` with checkov on configurations that comply with them and on
//! configurations that violate them.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::python_programs::{printed, program};

const REQUIREMENTS: &str = include_str!("python/checkov.txt");

/// Returns checkov's findings in a folder as policy and resource.
fn findings(folder: &str) -> BTreeSet<(String, String)> {
    let output = program("checkov", REQUIREMENTS, "checkov")
        .args(["--directory", folder, "--external-checks-dir", "policies/checkov"])
        .args(["--framework", "terraform", "--check", "CKV2_MOTHERDUCK_*"])
        .args(["--compact", "--quiet", "--skip-download", "--output", "json"])
        .output()
        .unwrap();
    let report: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", printed(&output)));
    assert_eq!(report["summary"]["parsing_errors"], 0, "{}", printed(&output));
    assert_ne!(report["summary"]["passed"], 0, "{}", printed(&output));
    let failed = report["results"]["failed_checks"].as_array();
    failed
        .into_iter()
        .flatten()
        .map(|check| {
            let text = |key: &str| check[key].as_str().unwrap().to_owned();
            (text("check_id"), text("resource"))
        })
        .collect()
}

#[test]
fn policies_report_all_violations_and_nothing_else() {
    let configuration = include_str!("checkov/main.tf");
    // A resource that violates policy 2 is named `breaks_2_…`.
    let expected: BTreeSet<(String, String)> = configuration
        .lines()
        .filter_map(|line| line.strip_prefix("resource \"")?.split_once("\" \""))
        .filter_map(|(kind, rest)| {
            let name = rest.split('"').next()?;
            let policy = name.strip_prefix("breaks_")?.split('_').next()?;
            Some((format!("CKV2_MOTHERDUCK_{policy}"), format!("{kind}.{name}")))
        })
        .collect();
    assert!(expected.len() > 5, "{expected:?}");
    assert_eq!(findings("tests/project/checkov"), expected);
}

#[test]
fn examples_comply_with_the_policies() {
    for folder in [
        "examples/quickstart",
        "examples/testing",
        "examples/modules/service-account",
        "examples/modules/tenants",
    ] {
        assert_eq!(findings(folder), BTreeSet::new(), "{folder}");
    }
}
