//! Invalid configurations: validation returns an error with the attribute and the rule, without an API call.

use serde_json::{Value as Json, json};

use crate::data_sources::OF_AN_ACCOUNT;
use crate::host::{ACCOUNT, DUCKLINGS, Session, TOKEN, UnusedApi, edited};

fn account() -> Json {
    json!({ "username": "loader" })
}

fn token() -> Json {
    json!({ "username": "loader", "name": "nightly" })
}

fn ducklings() -> Json {
    json!({
        "username": "loader",
        "read_write": { "instance_size": "standard" },
        "read_scaling": { "instance_size": "standard", "flock_size": 1 },
    })
}

/// A token with `name_prefix` and `ttl`.
fn expiring_token() -> Json {
    json!({ "username": "loader", "name_prefix": "etl-", "ttl": 3600 })
}

/// Starts a provider with an API that must not be called.
async fn set_up() -> (Session, UnusedApi) {
    let api = UnusedApi::new();
    (Session::on(&api.url()).await, api)
}

/// An attribute of a valid configuration, a value of it, and a part of the error if the value is invalid.
type Case = (&'static str, Json, &'static str, Json, Option<&'static str>);

/// Expects the error of each case at its attribute and at no other, and no error for valid values.
async fn assert_validated(cases: impl IntoIterator<Item = Case>) {
    let (session, api) = set_up().await;
    for (type_name, good, path, value, error) in cases {
        let config = edited(&good, path, value.clone());
        let diagnostics = session.validate(type_name, &config).await;
        let Some(words) = error else {
            assert!(
                diagnostics.is_empty(),
                "{type_name} {path} {value}: {diagnostics:#?}"
            );
            continue;
        };
        diagnostics.assert_error(path, &[words]);
        assert_eq!(diagnostics.error_paths(), [path], "{type_name} {path} {value}");
    }
    api.assert_no_connection();
}

/// The unit tests of each rule have all its valid and invalid values.
#[tokio::test]
async fn value_that_violates_a_rule_is_an_error_at_its_attribute() {
    let in_account = |value, error| (ACCOUNT, account(), "username", value, error);
    let in_token = |path, value, error| (TOKEN, token(), path, value, error);
    let in_prefixed = |value, error| (TOKEN, expiring_token(), "name_prefix", value, error);
    let ttl = Some("whole number from 300 to 31536000");
    assert_validated([
        in_account(json!("ab"), Some("3 to 255 characters")),
        in_account(json!("1loader"), Some("start with a letter")),
        in_account(json!("my-loader"), Some("letters, digits and underscores")),
        in_account(json!("größe_7"), None),
        in_token("username", json!(""), Some("1 to 255")),
        in_token("username", json!("  "), Some("blank")),
        in_token("username", json!(".."), Some("URL")),
        in_token("username", json!("a\nb"), Some("control characters")),
        in_token("username", json!("ada.lovelace@example.com"), None),
        (DUCKLINGS, ducklings(), "username", json!(".."), Some("URL")),
        in_token("name", json!("MotherDuck Flights"), Some("reserves for its own")),
        in_token("name", json!(" nightly"), Some("begin or end with a blank")),
        in_token("name_prefix", json!("etl-"), Some("cannot be set together")),
        in_prefixed(json!("n".repeat(237)), Some("1 to 236 characters")),
        in_prefixed(json!("etl "), None),
        in_token("name", json!(""), Some("1 to 255 characters")),
        in_token("name", json!(" "), Some("blank")),
        in_prefixed(json!(" etl"), Some("begin with a blank")),
        in_token("description", json!(" "), Some("blank")),
        in_token("description", json!("d".repeat(1001)), Some("1000 UTF-16 units")),
        in_token(
            "token_type",
            json!("READ_WRITE"),
            Some("read_write, read_scaling"),
        ),
        in_token("token_type", json!("read_scaling"), None),
        in_token("ttl", json!(299), ttl),
        in_token("ttl", json!(31_536_001), ttl),
        in_token("ttl", json!(300), None),
        in_token("ttl", json!(31_536_000), None),
    ])
    .await;
    for block in ["read_write", "read_scaling"] {
        let (size, cooldown) = match block {
            "read_write" => ("read_write.instance_size", "read_write.cooldown_seconds"),
            _ => ("read_scaling.instance_size", "read_scaling.cooldown_seconds"),
        };
        let pulse = edited(&ducklings(), size, json!("pulse"));
        let range = Some("whole number from 60 to 86400");
        assert_validated([
            // An unsupported size is refused in the plan, because the state may contain it.
            (DUCKLINGS, ducklings(), size, json!("tera"), None),
            (DUCKLINGS, ducklings(), cooldown, json!(59), range),
            (DUCKLINGS, ducklings(), cooldown, json!(60), None),
            (DUCKLINGS, pulse, cooldown, json!(60), Some("pulse")),
        ])
        .await;
    }
    let flock = |value, error| (DUCKLINGS, ducklings(), "read_scaling.flock_size", value, error);
    assert_validated([
        flock(json!(65), Some("whole number from 0 to 64")),
        flock(json!(0), None),
    ])
    .await;
}

#[tokio::test]
async fn revoke_on_destroy_false_requires_ttl_and_name_prefix() {
    let case = |config: &Json, value, error| (TOKEN, config.clone(), "revoke_on_destroy", value, error);
    let endless = edited(&expiring_token(), "ttl", Json::Null);
    let named = edited(&token(), "ttl", json!(3600));
    assert_validated([
        case(&expiring_token(), json!(false), None),
        case(&endless, json!(false), Some("requires `ttl`")),
        case(&endless, json!(true), None),
        case(&named, json!(false), Some("requires `name_prefix`")),
        case(&named, Json::Null, None),
    ])
    .await;
}

#[tokio::test]
async fn early_rotation_seconds_requires_a_longer_ttl() {
    let case = |config, seconds, error| (TOKEN, config, "early_rotation_seconds", json!(seconds), error);
    assert_validated([
        case(expiring_token(), 3600, Some("smaller than `ttl`")),
        case(expiring_token(), 3599, None),
        case(expiring_token(), 1, None),
        case(expiring_token(), 0, Some("whole number of at least 1")),
        case(token(), 60, Some("requires `ttl`")),
    ])
    .await;
}

#[tokio::test]
async fn token_without_name_and_name_prefix_is_an_error() {
    let (session, _api) = set_up().await;
    let diagnostics = session.validate(TOKEN, &json!({ "username": "loader" })).await;
    diagnostics.assert_error("", &["`name`, or set `name_prefix`"]);
}

#[tokio::test]
async fn ducklings_without_a_block_are_an_error() {
    let (session, api) = set_up().await;
    let config = json!({ "username": "loader" });
    let diagnostics = session.validate(DUCKLINGS, &config).await;
    diagnostics.assert_error("", &["`read_write`", "`read_scaling`", "At least one"]);
    api.assert_no_connection();
    let read_write = ducklings()["read_write"].clone();
    let read_scaling = ducklings()["read_scaling"].clone();
    assert_validated([
        (DUCKLINGS, config.clone(), "read_write", read_write, None),
        (DUCKLINGS, config, "read_scaling", read_scaling, None),
    ])
    .await;
}

#[tokio::test]
async fn all_errors_are_returned_at_once() {
    let (session, _api) = set_up().await;
    let config = json!({ "username": "", "name": "", "ttl": 1 });
    let diagnostics = session.validate(TOKEN, &config).await;
    assert_eq!(diagnostics.error_paths().len(), 3, "{diagnostics:#?}");
    for path in ["username", "name", "ttl"] {
        assert!(diagnostics.error_paths().contains(&path), "{diagnostics:#?}");
    }
}

#[tokio::test]
async fn invalid_provider_argument_is_an_error_without_its_value() {
    let bad = [
        ("admin_token", "blank", json!(" \n")),
        ("admin_token", "line breaks", json!("s3cret\nmore")),
        ("api_base_url", "loopback", json!("http://s3cret.example.com")),
        (
            "api_base_url",
            "credentials",
            json!("https://u:s3cret@api.example.com"),
        ),
        ("request_timeout_seconds", "from 1 to 600", json!(601)),
        ("max_retries", "from 0 to 20", json!(21)),
        ("max_concurrent_requests", "from 1 to 256", json!(257)),
        ("ca_certificate_file", "blank", json!(" ")),
        ("custom_user_agent", "control characters", json!("team\r\nX: y")),
    ];
    let session = Session::start().await;
    for (path, rule, value) in bad {
        let diagnostics = session.validate_provider(&json!({ path: value })).await;
        // With an attribute path the CLI prints the line, which must not be a token's.
        let shown = if rule == "line breaks" { "" } else { path };
        diagnostics.assert_error(shown, &[path, rule]);
        diagnostics.assert_omits("s3cret");
    }
    let good = json!({
        "admin_token": " token \n", "api_base_url": "http://localhost:8080", "request_timeout_seconds": 600,
        "max_retries": 0, "max_concurrent_requests": 256, "custom_user_agent": "",
    });
    session.validate_provider(&good).await.assert_empty();
}

#[tokio::test]
async fn invalid_import_id_is_an_error_and_sends_no_request() {
    let bad: &[(&str, &[&str])] = &[
        (
            ACCOUNT,
            &["", "a/b", "a/b/c", "/id", "id/", "a b", " id", "id\n", ".."],
        ),
        (
            TOKEN,
            &[
                "", "a", "a/b/c", "/id", "id/", "a b/id", "a/i d", "a/id ", "/", "../id", "a/..",
            ],
        ),
        (
            DUCKLINGS,
            &["", "a/b", "a/b/c", "/id", "id/", "a b", " id", "id\n", ".."],
        ),
    ];
    let (session, api) = set_up().await;
    for (type_name, ids) in bad {
        for id in *ids {
            let diagnostics = session.try_import(type_name, id).await.unwrap_err();
            // The message has an example of a valid id, except for an empty id.
            let help = if id.is_empty() { "id" } else { "for instance `" };
            diagnostics.assert_error("", &[help]);
        }
    }
    api.assert_no_connection();
}

#[tokio::test]
async fn null_for_a_required_argument_is_an_error() {
    const MISSING: &str = "required and must not be null";
    let missing = |type_name, good, path| (type_name, good, path, Json::Null, Some(MISSING));
    assert_validated([
        missing(ACCOUNT, account(), "username"),
        missing(TOKEN, token(), "username"),
        missing(DUCKLINGS, ducklings(), "username"),
        missing(DUCKLINGS, ducklings(), "read_write.instance_size"),
        missing(DUCKLINGS, ducklings(), "read_scaling.instance_size"),
        missing(DUCKLINGS, ducklings(), "read_scaling.flock_size"),
    ])
    .await;

    let (session, api) = set_up().await;
    let null = json!({ "username": null });
    let without_dive = json!({ "dive_id": null, "username": "loader" });
    let mut refused = vec![
        ("username", session.validate_ephemeral(TOKEN, &null).await),
        (
            "dive_id",
            session
                .validate_ephemeral("motherduck_dive_embed_session", &without_dive)
                .await,
        ),
        (
            "username",
            session.validate_action("motherduck_revoke_tokens", &null).await,
        ),
    ];
    for type_name in OF_AN_ACCOUNT {
        refused.push(("username", session.validate_data_source(type_name, &null).await));
    }
    for (path, diagnostics) in refused {
        diagnostics.assert_error(path, &[MISSING]);
    }
    api.assert_no_connection();
}
