//! `terraform test` with the mocks of `mocks/`, without an API and a token.

use std::fs;
use std::path::Path;

use serde_json::Value;
use xtask::cli::{Cli, Environment, Feature, Release, target_dir_of};
use xtask::terraform::{REQUIRED_PROVIDERS, Run, Terraform};

const MOCKS: &str = include_str!("../../mocks/motherduck.tfmock.hcl");

const MAIN: &str = r#"
resource "motherduck_service_account" "this" {
  username = "svc_etl"
}

resource "motherduck_token" "this" {
  username = motherduck_service_account.this.id
  name     = "etl"
}

resource "motherduck_ducklings" "this" {
  username   = motherduck_service_account.this.id
  read_write = { instance_size = "jumbo" }
}

data "motherduck_service_account" "this" {
  username = motherduck_service_account.this.id
}

data "motherduck_ducklings" "this" {
  username = motherduck_service_account.this.id
}

data "motherduck_tokens" "this" {
  username = motherduck_service_account.this.id
}

data "motherduck_users" "all" {}

data "motherduck_active_accounts" "all" {}
"#;

const TEST: &str = r#"
run "everything_has_a_value" {
  assert {
    condition     = motherduck_service_account.this.username == "svc_etl" && motherduck_service_account.this.id == "svc_mock"
    error_message = "The account is not mocked."
  }
  assert {
    condition     = motherduck_token.this.name == "etl" && motherduck_token.this.token == "mock-token"
    error_message = "The token is not mocked."
  }
  assert {
    condition     = timecmp(motherduck_token.this.expire_at, motherduck_token.this.created_ts) == 1
    error_message = "The token expires before it was created."
  }
  assert {
    condition     = motherduck_ducklings.this.read_write.instance_size == "jumbo" && motherduck_ducklings.this.read_scaling.flock_size == 4
    error_message = "The Ducklings are not mocked."
  }
  assert {
    condition     = length(concat(data.motherduck_tokens.this.tokens, data.motherduck_users.all.users)) == 0
    error_message = "Lists have elements now: the mocks can have some, too."
  }
  assert {
    condition     = data.motherduck_service_account.this.read_write.instance_size == data.motherduck_ducklings.this.read_write.instance_size
    error_message = "The sizes are not mocked."
  }
}
"#;

/// Returns a Terraform that supports mocks, and a folder for it.
fn terraform() -> (tempfile::TempDir, Terraform) {
    let environment = Environment::of_process();
    let target = target_dir_of(Path::new(crate::PROVIDER)).unwrap();
    let mut cli = Cli::find(&environment, &target).unwrap();
    // Mocks exist since the same version of either program as `removed` blocks.
    if !Feature::Removed.is_in(&cli) {
        cli = Cli::prepare(&environment, &target, Release::NEWEST).unwrap();
    }
    let folder = tempfile::Builder::new()
        .prefix("mocks-")
        .tempdir_in(env!("CARGO_TARGET_TMPDIR"))
        .unwrap();
    let terraform = Terraform::new(&cli, &environment, Path::new(crate::PROVIDER), folder.path()).unwrap();
    fs::write(terraform.module().join("versions.tf"), REQUIRED_PROVIDERS).unwrap();
    fs::write(terraform.module().join("main.tf"), MAIN).unwrap();
    let init = terraform.run(["init", "-no-color"]).unwrap();
    assert!(init.success(), "{init}");
    (folder, terraform)
}

/// Runs `terraform test` with the mocks and these runs.
fn test(terraform: &Terraform, runs: &str) -> Run {
    let body = if terraform.cli().name() == "OpenTofu" {
        MOCKS
    } else {
        let mocks = terraform.module().join("mocks");
        fs::create_dir_all(&mocks).unwrap();
        fs::write(mocks.join("motherduck.tfmock.hcl"), MOCKS).unwrap();
        "source = \"./mocks\""
    };
    fs::write(
        terraform.module().join("module.tftest.hcl"),
        format!("mock_provider \"motherduck\" {{\n{body}\n}}\n{runs}"),
    )
    .unwrap();
    terraform.run(["test", "-no-color"]).unwrap()
}

#[test]
fn module_test_passes_with_mocks_and_without_an_api() {
    let (_folder, terraform) = terraform();
    let run = test(&terraform, TEST);
    assert!(
        run.success() && run.stdout.contains("Success! 1 passed, 0 failed."),
        "{run}"
    );
}

/// The guide on testing has a table of these checks.
#[test]
fn test_with_mocks_checks_arguments_but_not_duckling_sizes() {
    let (_folder, terraform) = terraform();
    let main = terraform.module().join("main.tf");
    let run_block = "run \"all\" {}\n";

    fs::write(&main, MAIN.replace("jumbo", "large")).unwrap();
    for run in [
        terraform.run(["validate", "-no-color"]).unwrap(),
        test(&terraform, run_block),
    ] {
        assert!(run.success(), "{run}");
    }

    let name = "name     = \"etl\"\n";
    for (arguments, expected) in [
        ("  ttl = var.seconds\n", "Invalid value for ttl"),
        (
            "  early_rotation_seconds = var.seconds\n",
            "`early_rotation_seconds` requires `ttl`",
        ),
    ] {
        let variable = "variable \"seconds\" {\n  default = 99999999999\n}\n";
        let text = MAIN.replace(name, &format!("{name}{arguments}")) + variable;
        fs::write(&main, text).unwrap();
        let validate = terraform.run(["validate", "-no-color"]).unwrap();
        assert!(validate.success(), "{validate}");
        let run = test(&terraform, run_block);
        assert!(!run.success() && run.to_string().contains(expected), "{run}");
    }
}

#[test]
fn mocks_have_a_value_for_every_computed_attribute() {
    let (_folder, terraform) = terraform();
    let run = terraform.run(["providers", "schema", "-json"]).unwrap();
    assert!(run.success(), "{run}");
    let schemas: Value = serde_json::from_str(&run.stdout).unwrap();
    let provider = schemas["provider_schemas"]
        .as_object()
        .unwrap()
        .values()
        .next()
        .unwrap();
    let mut missing = Vec::new();
    for (schemas, block) in [
        ("resource_schemas", "mock_resource"),
        ("data_source_schemas", "mock_data"),
    ] {
        for (name, schema) in provider[schemas].as_object().unwrap() {
            let text = MOCKS
                .split_once(&format!("\n{block} \"{name}\" {{\n"))
                .and_then(|(_, rest)| rest.split("\n}\n").next())
                .unwrap_or_default();
            for (attribute, properties) in schema["block"]["attributes"].as_object().unwrap() {
                // Matches the lines of `defaults` itself, which are indented by four blanks.
                let has_value = text.lines().any(|line| {
                    line.strip_prefix("    ")
                        .is_some_and(|rest| rest.split(' ').next() == Some(attribute))
                });
                let can_have_one = properties["nested_type"]["nesting_mode"] != "list";
                if properties["computed"] == true && can_have_one && !has_value {
                    missing.push(format!("{block} {name}: {attribute}"));
                }
            }
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

#[test]
fn mocks_are_formatted() {
    let (_folder, terraform) = terraform();
    let file = Path::new(crate::SOURCES).join("mocks/motherduck.tfmock.hcl");
    // `fmt` accepts only files with known extensions; the language is the same.
    let copy = terraform.module().join("copy.tf");
    fs::copy(file, &copy).unwrap();
    let run = terraform.run(["fmt", "-check", "-diff", "copy.tf"]).unwrap();
    assert!(run.success(), "{run}");
}
