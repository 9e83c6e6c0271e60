//! Where secrets are stored, and that they appear nowhere else.

use std::fs;

use serde_json::json;

use crate::support::{ADMIN_TOKEN, Story};

const ADDRESS: &str = "motherduck_token.loader";

const MAIN: &str = r#"
resource "motherduck_service_account" "svc" {
  username            = "svc"
  deletion_protection = false
}

resource "motherduck_token" "loader" {
  username = motherduck_service_account.svc.id
  name     = "loader"
}

resource "motherduck_ducklings" "svc" {
  username   = motherduck_service_account.svc.id
  read_write = { instance_size = "pulse" }
}

output "secret" {
  value     = motherduck_token.loader.token
  sensitive = true
}
"#;

#[test]
fn the_secret_is_in_the_state_as_a_sensitive_value() {
    let story = Story::new(MAIN);
    story.apply();

    let state = story.state();
    let token = state["values"]["root_module"]["resources"]
        .as_array()
        .unwrap()
        .iter()
        .find(|resource| resource["address"] == ADDRESS)
        .unwrap();
    let secret = token["values"]["token"].as_str().unwrap();
    assert!(secret.len() > 20, "{secret}");
    assert_eq!(token["sensitive_values"]["token"], true);
    // Only this command prints it.
    assert_eq!(story.run(["output", "-raw", "secret"]).stdout(), secret);
}

#[test]
fn an_output_that_is_not_declared_sensitive_is_refused() {
    let story = Story::new(&MAIN.replace("sensitive = true", ""));

    story.fail(["plan"]).shows("sensitive");
}

#[test]
fn no_output_shows_a_secret() {
    let story = Story::new(MAIN);
    let mut printed = vec![story.run(["plan", "-out=first"])];
    printed.push(story.run(["show", "first"]));
    printed.push(story.run(["apply", "first"]));
    let secret = story.text(ADDRESS, "token");
    printed[1].shows("(sensitive value)");
    printed.push(story.run(["show"]));
    printed.push(story.run(["output"]));
    printed.push(story.run(["state", "show", ADDRESS]));
    printed.push(story.run(["plan"]));
    printed.push(story.run(["plan", "-replace=motherduck_token.loader", "-out=again"]));
    printed.push(story.run(["apply", "again"]));
    let second = story.text(ADDRESS, "token");
    printed.push(story.run(["plan", "-json", "-replace=motherduck_token.loader", "-out=third"]));
    printed.push(story.run(["apply", "-json", "third"]));
    let third = story.text(ADDRESS, "token");
    printed.push(story.run(["destroy", "-json", "-auto-approve"]));

    for outcome in printed {
        for secret in [&*secret, &second, &third, ADMIN_TOKEN] {
            outcome.hides(secret);
        }
    }
}

#[test]
fn no_log_holds_a_secret() {
    let mut story = Story::new(MAIN);
    story.set("TF_LOG", "TRACE");
    story.set("TF_LOG_PATH", story.path("trace.log"));
    story.apply();
    let first = story.text(ADDRESS, "token");
    story.run(["apply", "-auto-approve", "-replace=motherduck_token.loader"]);
    let second = story.text(ADDRESS, "token");
    // The API can refuse a request in two ways.
    story.outside("DELETE", "/v1/users/svc", &json!({}));
    story.run(["plan"]);
    story.set("MOTHERDUCK_ADMIN_TOKEN", "some-other-secret");
    story.fail(["plan"]).hides("some-other-secret");

    let log = fs::read_to_string(story.path("trace.log")).unwrap();
    assert!(log.contains("/v1/users/svc/tokens"), "the requests are logged");
    assert!(log.contains("response body"), "their bodies are logged");
    for secret in [first.as_str(), &second, ADMIN_TOKEN, "some-other-secret"] {
        let line = log.lines().find(|line| line.contains(secret));
        assert_eq!(line, None);
    }
}

#[test]
fn an_error_never_quotes_a_secret() {
    let mut story = Story::new(MAIN);
    story.set("MOTHERDUCK_ADMIN_TOKEN", "not-the-right-secret");

    story.apply_fails().shows("401").hides("not-the-right-secret");
}
