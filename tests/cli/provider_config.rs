//! The provider configuration: the address and token of the API, and the log.

use std::fs;

use motherduck_emulator::Emulator;
use serde_json::Value;

use crate::support::{ADMIN_TOKEN, NOTHING, Story, block, resource};

const ACCOUNT: &str = r#"
resource "motherduck_service_account" "svc" {
  username = "svc"
}
"#;

const PROVIDER: &str = "provider \"motherduck\"";

/// A source of a token that is known only after apply.
const VAULT: &str = r#"
resource "terraform_data" "vault" {
  input = "opened"
}
"#;

/// Returns a token that is known when the vault is opened. It is not stored in the vault, because Terraform
/// logs and shows those values.
fn from_vault() -> String {
    format!("admin_token = terraform_data.vault.output == \"opened\" ? {ADMIN_TOKEN:?} : \"\"")
}

/// A story whose environment has no settings for the API.
#[track_caller]
fn without_environment(emulator: Emulator, main: &str) -> Story {
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

#[test]
fn every_setting_works_in_the_provider_block() {
    let story = without_environment(Emulator::builder().admin_token("of-the-provider-block"), "");
    // A trailing slash and blanks around a token have no effect.
    let url = format!("{}/", story.emulator().url());
    story.main(&(provider("", &url, " of-the-provider-block\n") + ACCOUNT));

    story.apply();

    assert_eq!(story.service_accounts(), ["svc"]);
}

#[test]
fn the_provider_block_beats_the_environment() {
    let mut story = Story::with(Emulator::builder().admin_token("of-the-provider-block"), "");
    story.main(&(provider("", &story.emulator().url(), "of-the-provider-block") + ACCOUNT));
    story.set("MOTHERDUCK_API_BASE_URL", "http://127.0.0.1:1");
    story.set("MOTHERDUCK_ADMIN_TOKEN", "Wn3xRt9bZm5cKd7Q");

    story.apply();
}

#[test]
fn motherduck_token_is_used_without_motherduck_admin_token() {
    let mut story = Story::with(Emulator::builder().admin_token("the-general-token"), ACCOUNT);
    story.set("MOTHERDUCK_ADMIN_TOKEN", "");
    story.set("MOTHERDUCK_TOKEN", "the-general-token");

    story.apply();

    story.set("MOTHERDUCK_ADMIN_TOKEN", "the-special-token");
    story.fail(["plan"]).shows("401");
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
fn two_configurations_reach_two_organizations() {
    let story = without_environment(Emulator::builder().admin_token("the-token-of-the-first"), "");
    let second = story.another(Emulator::builder().admin_token("the-token-of-the-second"));
    story.main(&two_organizations(&story.emulator().url(), &second.url()));

    story.apply();

    assert_eq!(story.service_accounts(), ["svc_first"]);
    let there = second.state().to_string();
    assert!(
        there.contains("svc_second") && !there.contains("svc_first"),
        "{there}"
    );
    story.expect_clean();
}

#[test]
fn an_organization_that_does_not_respond_does_not_affect_another() {
    let story = without_environment(Emulator::builder().admin_token("the-token-of-the-first"), "");
    let second = story.another(Emulator::builder().admin_token("the-token-of-the-second"));
    story.main(&two_organizations(&story.emulator().url(), &second.url()));
    story.apply();
    let before = story.addresses();
    drop(second);

    // If one part of a refresh fails, no state changes. If one part of a destroy fails, its objects stay in
    // the state.
    story
        .fail(["apply", "-refresh-only", "-auto-approve"])
        .shows("No connection");
    assert_eq!(story.addresses(), before);
    story
        .fail(["destroy", "-auto-approve", "-refresh=false"])
        .shows("could not be deleted");
    assert_eq!(story.addresses(), ["motherduck_service_account.second"]);
    assert!(story.service_accounts().is_empty());
}

#[test]
fn a_certificate_of_ones_own_authority_is_trusted_once_it_is_named() {
    let mut story = Story::with(
        Emulator::builder().tls(true),
        &(block(PROVIDER, "max_retries = 0") + ACCOUNT),
    );
    story
        .apply_fails()
        .shows("certificate")
        .shows("ca_certificate_file");

    let authority = story.emulator().certificate_authority_pem().unwrap();
    story.write("authority.pem", authority);
    story.main(&(block(PROVIDER, "ca_certificate_file = \"authority.pem\"") + ACCOUNT));
    story.apply();
    assert_eq!(story.service_accounts(), ["svc"]);

    story.set(
        "MOTHERDUCK_API_BASE_URL",
        story.emulator().url().replace("127.0.0.1", "localhost"),
    );
    story.expect_clean();
}

#[test]
fn a_certificate_file_that_is_not_there_is_named() {
    let story = Story::new(&(block(PROVIDER, "ca_certificate_file = \"nowhere.pem\"") + ACCOUNT));

    story.apply_fails().shows("nowhere.pem");
    assert_eq!(story.sent(), NOTHING);
}

#[test]
fn a_token_that_is_known_only_after_apply_is_waited_for() {
    let story = without_environment(Emulator::builder(), "");
    let url = story.emulator().url();
    let configuration = format!("api_base_url = {url:?}\n{}", from_vault());
    story.main(&(block(PROVIDER, &configuration) + VAULT + ACCOUNT));

    story.plan().expect([
        ("motherduck_service_account.svc", "create"),
        ("terraform_data.vault", "create"),
    ]);
    story.apply_saved_plan();

    assert_eq!(story.service_accounts(), ["svc"]);
    story.expect_clean();
}

#[test]
fn an_unknown_token_is_not_replaced_by_the_environment() {
    let story = Story::new(ACCOUNT);
    story.apply();
    story.main(&(block(PROVIDER, &from_vault()) + VAULT + ACCOUNT));
    story.forget();

    story
        .fail(["plan"])
        .shows("The provider's configuration is not known yet")
        .shows("`admin_token`")
        .shows("-target");
    assert_eq!(story.sent(), NOTHING);
}

#[test]
fn the_log_has_a_line_for_every_request() {
    let mut story = Story::new(ACCOUNT);
    story.set("TF_LOG_PATH", story.path("json.log"));
    // The host writes its own lines in this format too, and lines that it could not parse as text.
    story.set("TF_LOG", "JSON");
    story.apply();

    let log = fs::read_to_string(story.path("json.log")).unwrap();
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
}

#[test]
fn the_log_shows_requests_at_debug_and_bodies_at_trace_only() {
    let mut story = Story::new(ACCOUNT);
    for (level, requests, bodies) in [
        ("INFO", false, false),
        ("DEBUG", true, false),
        ("TRACE", true, true),
    ] {
        let file = story.path(&format!("{level}.log"));
        story.set("TF_LOG", level);
        story.set("TF_LOG_PATH", &file);
        story.run(["apply", "-auto-approve"]);

        let log = fs::read_to_string(file).unwrap();
        let shown = log.lines().any(|line| {
            line.contains("[DEBUG]") && line.contains("API request") && line.contains("status=200")
        });
        assert_eq!(shown, requests, "{level}");
        assert_eq!(log.contains("response body"), bodies, "{level}");
    }
}
