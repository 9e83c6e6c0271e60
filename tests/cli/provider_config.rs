//! The provider configuration: the address and token of the API, and the log.

use std::fs;

use motherduck_emulator::{Emulator, EmulatorBuilder};
use serde_json::Value;

use crate::support::{ADMIN_TOKEN, NOTHING, Story, block, resource};

const ACCOUNT: &str = r#"
resource "motherduck_service_account" "svc" {
  username = "svc"
}
"#;

const PROVIDER: &str = "provider \"motherduck\"";

/// Returns the configuration of a token that is known only after this resource is applied. The resource does
/// not contain the token, because Terraform logs and shows its values.
fn from_vault() -> String {
    format!("admin_token = terraform_data.vault.output == \"opened\" ? {ADMIN_TOKEN:?} : \"\"")
}

fn vault(input: &str) -> String {
    resource("terraform_data.vault", &format!("input = {input:?}"))
}

/// A story whose environment has no settings for the API.
#[track_caller]
fn without_environment(emulator: EmulatorBuilder, main: &str) -> Story {
    let mut story = Story::with(emulator, main);
    story.set("MOTHERDUCK_API_BASE_URL", "");
    story.set("MOTHERDUCK_ADMIN_TOKEN", "");
    story
}

fn provider(more: &str, url: &str, token: &str) -> String {
    block(
        PROVIDER,
        &format!("{more}\napi_base_url = {url:?}\nadmin_token = {token:?}"),
    )
}

/// Two provider configurations, each with an account of its own.
fn two_organizations(first: &str, second: &str) -> String {
    [
        provider(
            "alias = \"first\"\nmax_retries = 0",
            first,
            "the-token-of-the-first",
        ),
        provider(
            "alias = \"second\"\nmax_retries = 0",
            second,
            "the-token-of-the-second",
        ),
        resource(
            "motherduck_service_account.first",
            "provider = motherduck.first\nusername = \"svc_first\"\ndeletion_protection = false",
        ),
        resource(
            "motherduck_service_account.second",
            "provider = motherduck.second\nusername = \"svc_second\"\ndeletion_protection = false",
        ),
    ]
    .concat()
}

#[test]
fn unreachable_organization_does_not_affect_another_alias() {
    let story = without_environment(Emulator::builder().admin_token("the-token-of-the-first"), "");
    let second = story.start_another_emulator(Emulator::builder().admin_token("the-token-of-the-second"));
    story.write_main(&two_organizations(&story.emulator().url(), &second.url()));
    story.apply();

    assert_eq!(story.service_accounts(), ["svc_first"]);
    let in_second = second.state().to_string();
    assert!(
        in_second.contains("svc_second") && !in_second.contains("svc_first"),
        "{in_second}"
    );
    story.expect_empty_plan();
    let before = story.addresses();
    drop(second);

    // If one part of a refresh fails, no state changes. If one part of a destroy fails, its objects stay in
    // the state.
    story
        .run_fails(["apply", "-refresh-only", "-auto-approve"])
        .assert_shows("No connection");
    assert_eq!(story.addresses(), before);
    story
        .run_fails(["destroy", "-auto-approve", "-refresh=false"])
        .assert_shows("could not be deleted");
    assert_eq!(story.addresses(), ["motherduck_service_account.second"]);
    assert!(story.service_accounts().is_empty());
}

#[test]
fn private_authority_is_trusted_with_ca_certificate_file() {
    let configuration = |more: &str| block(PROVIDER, &format!("max_retries = 0\n{more}")) + ACCOUNT;
    let mut story = Story::with(Emulator::builder().tls(true), &configuration(""));
    story
        .apply_fails()
        .assert_shows("certificate")
        .assert_shows("ca_certificate_file");

    story.write_main(&configuration("ca_certificate_file = \"authority.pem\""));
    story.apply_fails().assert_shows("authority.pem");
    assert_eq!(story.requests(), NOTHING);

    let authority = story.emulator().certificate_authority_pem().unwrap();
    story.write("authority.pem", authority);
    story.apply();
    assert_eq!(story.service_accounts(), ["svc"]);

    story.set(
        "MOTHERDUCK_API_BASE_URL",
        story.emulator().url().replace("127.0.0.1", "localhost"),
    );
    story.expect_empty_plan();
}

#[test]
fn unknown_admin_token_is_not_replaced_by_the_environment() {
    let mut story = without_environment(Emulator::builder(), "");
    let url = story.emulator().url();
    let main = |input: &str| {
        let configuration = format!("api_base_url = {url:?}\n{}", from_vault());
        block(PROVIDER, &configuration) + &vault(input) + ACCOUNT
    };
    story.write_main(&main("opened"));

    story.plan().expect([
        ("motherduck_service_account.svc", "create"),
        ("terraform_data.vault", "create"),
    ]);
    story.apply_saved_plan();
    assert_eq!(story.service_accounts(), ["svc"]);
    story.expect_empty_plan();

    // A refresh needs the token, which is unknown again.
    story.set("MOTHERDUCK_ADMIN_TOKEN", ADMIN_TOKEN);
    story.write_main(&main("closed"));
    story.clear_requests();
    story
        .run_fails(["plan"])
        .assert_shows("The provider's configuration is not known yet")
        .assert_shows("`admin_token`")
        .assert_shows("-target");
    assert_eq!(story.requests(), NOTHING);
}

#[test]
fn log_contains_requests_at_debug_and_bodies_at_trace() {
    let mut story = Story::new(ACCOUNT);
    let mut logged = |level: &str| {
        let log = story.log_to(&format!("{level}.log"), level);
        story.apply();
        fs::read_to_string(log).unwrap()
    };

    // The host writes its own lines in this format too, and lines that it could not parse as text.
    let log = logged("JSON");
    let requests: Vec<Value> = log
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .filter(|line: &Value| line["@message"] == "API request")
        .collect();
    let [look, request] = requests.as_slice() else {
        panic!("{requests:#?}")
    };
    assert_eq!(look["path"], "/v1/users/svc/instances");
    assert_eq!(look["status"], 404);
    assert_eq!(request["@level"], "debug");
    assert_eq!(request["method"], "POST");
    assert_eq!(request["path"], "/v1/users");
    assert_eq!(request["status"], 200);
    assert_eq!(request["attempt"], 1);
    assert!(request["duration_ms"].is_number(), "{request}");
    assert!(request["request_id"].is_string(), "{request}");

    for (level, requests, bodies) in [
        ("INFO", false, false),
        ("DEBUG", true, false),
        ("TRACE", true, true),
    ] {
        let log = logged(level);
        let shown = log.lines().any(|line| {
            line.contains("[DEBUG]") && line.contains("API request") && line.contains("status=200")
        });
        assert_eq!(shown, requests, "{level}");
        assert_eq!(log.contains("response body"), bodies, "{level}");
    }
}
