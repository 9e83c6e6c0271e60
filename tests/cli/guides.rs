//! Guides of the documentation, each run with its own code. Guides that need a newer Terraform are in the
//! folders `since_…`.

use std::fs;

use motherduck_emulator::Emulator;
use xtask::package::Platform;

use crate::support::{Guide, NOTHING, Story, program, resource, source};

#[test]
fn getting_started_guide_runs_as_written() {
    let mut story = Story::without_init(Emulator::builder());
    let mut guide = Guide::read("getting-started").without_commands([
        "git clone ",
        "cd ",
        "cargo xtask install",
        "cargo run --bin motherduck-emulator",
    ]);

    guide.run_until(&mut story, "Change it");
    assert_eq!(
        guide.last().stdout().trim(),
        story.attribute("motherduck_token.etl", "token"),
        "the output is the token"
    );
    guide.run_until(&mut story, "Remove it");
    assert_eq!(
        story.account("svc_etl")["ducklings"]["read_write"]["instance_size"],
        "jumbo"
    );
    guide.run(&mut story);
    assert_eq!(story.service_accounts(), NOTHING);
}

#[test]
fn tenants_guide_runs_as_written() {
    let mut story = Story::without_init(Emulator::builder());
    let mut guide = Guide::read("tenants");

    guide.run_until(&mut story, "Add and change");
    let token = story.attribute("motherduck_token.tenant[\"globex\"]", "id");
    guide.run_until(&mut story, "Remove");
    assert_eq!(
        story.service_accounts(),
        ["tenant_acme", "tenant_globex", "tenant_initech"]
    );
    // The other accounts are unchanged.
    assert_eq!(story.live_tokens("tenant_globex"), [token]);
    guide.run_until(&mut story, "Hundreds of tenants");
    assert_eq!(story.service_accounts(), ["tenant_acme", "tenant_initech"]);
    story.expect_empty_plan();

    // The guide states this for a refresh: two requests for each tenant.
    story.clear_requests();
    story.run(["plan"]);
    assert_eq!(story.requests().len(), 2 * 2, "{:?}", story.requests());
    guide.run(&mut story);
}

#[test]
fn automation_guide_runs_as_written() {
    let mut story = Story::without_init(Emulator::builder());
    let mut guide = Guide::read("automation");

    // The provider is installed only in `terraform.d/plugins`, to which the guide's commands for Linux copy
    // it.
    let version = env!("CARGO_PKG_VERSION");
    let folder = format!(
        "terraform.d/plugins/{}/{version}/{}",
        story.address_of("motherduck-rs/motherduck"),
        Platform::of_this_build()
    );
    fs::create_dir_all(story.path(&folder)).unwrap();
    let installed = story
        .path(&folder)
        .join(format!("terraform-provider-motherduck_v{version}"));
    fs::hard_link(program::PROVIDER, installed).unwrap();
    let page = source("docs/guides/automation.md");
    let shown =
        format!("terraform.d/plugins/registry.terraform.io/motherduck-rs/motherduck/{version}/linux_amd64\n");
    assert!(page.contains(&shown), "the guide names another folder");
    story.write("../nothing.tfrc", "");
    story.set("TF_CLI_CONFIG_FILE", story.path("../nothing.tfrc"));

    guide.skip_until("Apply the reviewed plan");
    guide.run_until(&mut story, "GitHub Actions");
    let before = story.attribute("motherduck_token.etl", "id");
    guide.run_to_end(&mut story);
    story.apply();
    assert_eq!(story.live_tokens("svc_etl").len(), 2, "the tokens overlap");
    assert_ne!(story.attribute("motherduck_token.etl", "id"), before);
}

#[test]
fn opentofu_guide_runs_as_written() {
    let mut story = Story::without_init(Emulator::builder());
    Guide::read("opentofu").run(&mut story);
    story.expect_empty_plan();
}

#[test]
fn troubleshooting_guide_runs_as_written() {
    let mut story = Story::without_init(Emulator::builder());
    story.set("TF_LOG", "");
    Guide::read("troubleshooting").run(&mut story);

    let log = fs::read_to_string(story.path("provider.log")).unwrap();
    let secret = story.attribute("motherduck_token.etl", "token");
    assert!(!log.contains(&secret), "a secret is in the log");
    let line = log
        .lines()
        .find(|line| line.contains("API request") && line.contains("POST"));
    let line = line.expect("the requests are in the log");
    for field in ["method", "path", "status", "attempt", "duration_ms", "request_id"] {
        assert!(line.contains(field), "{field} is missing in {line}");
    }
    assert!(
        !log.contains("[DEBUG] Attaching resource schema"),
        "Terraform itself is in the log"
    );
}

#[test]
fn troubleshooting_guide_quotes_errors_of_init() {
    let guide = source("docs/guides/troubleshooting.md");
    let quotes: Vec<&str> = guide
        .lines()
        .filter_map(|row| row.strip_prefix("| \"")?.split('"').next())
        .collect();
    let [unavailable, other_checksum] = quotes[..] else {
        panic!("the guide quotes {quotes:?}");
    };
    let account = resource("motherduck_service_account.svc", "username = \"svc_etl\"");
    let mut story = Story::new(&account);

    let lock = fs::read_to_string(story.path(".terraform.lock.hcl")).unwrap();
    let (before, hash) = lock.split_once("\"h1:").unwrap();
    let (_, after) = hash.split_once('"').unwrap();
    let other = format!("{before}\"h1:{}=\"{after}", "A".repeat(43));
    story.write(".terraform.lock.hcl", &other);
    fs::remove_dir_all(story.path(".terraform")).unwrap();
    story.run_fails(["init"]).assert_shows(other_checksum);
    fs::remove_file(story.path(".terraform.lock.hcl")).unwrap();
    story.run(["init"]);

    story.write("child/main.tf", &account);
    story.write("child.tf", "module \"child\" {\n  source = \"./child\"\n}\n");
    story
        .run_fails(["init"])
        .assert_shows(unavailable)
        .assert_shows("hashicorp/motherduck");

    story.write("child.tf", "");
    fs::create_dir(story.path("../empty")).unwrap();
    story.write(
        "../empty.tfrc",
        &format!(
            "provider_installation {{\n  filesystem_mirror {{\n    path = {:?}\n  }}\n}}\n",
            story.path("../empty")
        ),
    );
    story.set("TF_CLI_CONFIG_FILE", story.path("../empty.tfrc"));
    fs::remove_dir_all(story.path(".terraform")).unwrap();
    story
        .run_fails(["init"])
        .assert_shows(unavailable)
        .assert_shows("motherduck-rs/motherduck");
}

#[test]
fn troubleshooting_guide_quotes_existing_diagnostics() {
    // The texts that this file does not contain are literals in the code.
    let printed = source("tests/protocol/diagnostics.md") + &source("src/framework/server/moves.rs");
    let mut found = 0;
    for row in source("docs/guides/troubleshooting.md").lines() {
        let Some(message) = row.strip_prefix("| `").and_then(|row| row.split(" | ").next()) else {
            continue;
        };
        for part in format!("`{message}").split('`').skip(1).step_by(2) {
            found += 1;
            assert!(printed.contains(part), "no diagnostic says {part:?}");
        }
    }
    assert!(found > 25, "the search has found {found} messages only");
}
