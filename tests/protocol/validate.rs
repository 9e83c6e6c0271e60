//! Invalid configurations: validation returns an error with the attribute and the rule, without an API call.

use serde_json::{Value as Json, json};

use crate::host::{ACCOUNT, DUCKLINGS, Session, Silent, TOKEN, edited};

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

/// Starts a provider with an API that must not be called.
async fn set_up() -> (Session, Silent) {
    let api = Silent::new();
    (Session::on(&api.url()).await, api)
}

/// Sets an attribute of a valid configuration to each of these values, and expects an error at that attribute
/// with these words.
async fn assert_refused(type_name: &str, good: &Json, path: &str, rule: &str, values: &[Json]) {
    let (session, api) = set_up().await;
    for value in values {
        let config = edited(good, path, value.clone());
        let notes = session.validate(type_name, &config).await;
        notes.assert_error(path, &[rule]);
        assert_eq!(notes.blamed(), [path], "{value}: another attribute has an error");
    }
    api.assert_untouched();
}

/// Sets an attribute of a valid configuration to each of these values, which are all valid.
async fn assert_accepted(type_name: &str, good: &Json, path: &str, values: &[Json]) {
    let (session, api) = set_up().await;
    for value in values {
        let config = edited(good, path, value.clone());
        session.validate(type_name, &config).await.assert_empty();
    }
    api.assert_untouched();
}

fn numbers(numbers: &[f64]) -> Vec<Json> {
    numbers.iter().map(|number| json!(number)).collect()
}

#[tokio::test]
async fn account_username_has_3_to_255_letters_digits_and_underscores() {
    let lengths = [json!("ab"), json!("a".repeat(256)), json!("")];
    assert_refused(ACCOUNT, &account(), "username", "3 to 255 characters", &lengths).await;
    let starts = [json!("1loader"), json!("_loader")];
    assert_refused(ACCOUNT, &account(), "username", "start with a letter", &starts).await;
    let odd = ["my-loader", "my loader", "my.loader", "loader\n"].map(Json::from);
    assert_refused(
        ACCOUNT,
        &account(),
        "username",
        "letters, digits and underscores",
        &odd,
    )
    .await;
    let good = [json!("abc"), json!("a".repeat(255)), json!("größe_7")];
    assert_accepted(ACCOUNT, &account(), "username", &good).await;
}

#[tokio::test]
async fn username_of_an_existing_account_has_1_to_255_characters() {
    for (type_name, good) in [(TOKEN, token()), (DUCKLINGS, ducklings())] {
        let long = json!("a".repeat(256));
        assert_refused(type_name, &good, "username", "1 to 255", &[json!(""), long]).await;
        assert_refused(type_name, &good, "username", "blank", &[json!("  ")]).await;
        assert_refused(type_name, &good, "username", "URL", &[json!("."), json!("..")]).await;
        assert_refused(
            type_name,
            &good,
            "username",
            "control characters",
            &[json!("a\nb")],
        )
        .await;
        let human = [
            json!("a"),
            json!("ada.lovelace@example.com"),
            json!("ü".repeat(255)),
        ];
        assert_accepted(type_name, &good, "username", &human).await;
    }
}

#[tokio::test]
async fn token_name_has_1_to_255_characters_and_is_not_reserved() {
    let reserved = [json!("MotherDuck Extension"), json!("MotherDuck Flights")];
    assert_refused(TOKEN, &token(), "name", "reserves for its own", &reserved).await;
    assert_refused(TOKEN, &token(), "name", "blank", &[json!(" \t")]).await;
    let padded = [
        json!(" nightly"),
        json!("nightly "),
        json!("MotherDuck Extension "),
    ];
    assert_refused(TOKEN, &token(), "name", "begin or end with a blank", &padded).await;
    let lengths = [json!(""), json!("n".repeat(256))];
    assert_refused(TOKEN, &token(), "name", "1 to 255 characters", &lengths).await;
    let good = [
        json!("n".repeat(255)),
        json!("ü".repeat(255)),
        json!("motherduck extension"),
    ];
    assert_accepted(TOKEN, &token(), "name", &good).await;
}

#[tokio::test]
async fn name_prefix_has_1_to_236_characters_and_excludes_name() {
    let prefixed = json!({ "username": "loader", "name_prefix": "etl-" });
    let path = "name_prefix";
    let lengths = [json!(""), json!("n".repeat(237))];
    assert_refused(TOKEN, &prefixed, path, "1 to 236 characters", &lengths).await;
    assert_refused(TOKEN, &prefixed, path, "begin with a blank", &[json!(" etl")]).await;
    assert_accepted(TOKEN, &prefixed, path, &[json!("n".repeat(236)), json!("etl ")]).await;
    assert_refused(TOKEN, &token(), path, "cannot be set together", &[json!("etl-")]).await;
    let (session, _api) = set_up().await;
    let notes = session.validate(TOKEN, &json!({ "username": "loader" })).await;
    notes.assert_error("", &["`name`, or set `name_prefix`"]);
}

#[tokio::test]
async fn revoke_on_destroy_false_requires_ttl_and_name_prefix() {
    let path = "revoke_on_destroy";
    let prefixed = json!({ "username": "loader", "name_prefix": "etl-", "ttl": 3600 });
    assert_accepted(TOKEN, &prefixed, path, &[json!(false), json!(true)]).await;
    for missing in ["ttl", "name_prefix"] {
        let mut config = edited(&prefixed, missing, Json::Null);
        if missing == "name_prefix" {
            config["name"] = json!("etl");
        }
        let words = format!("requires `{missing}`");
        assert_refused(TOKEN, &config, path, &words, &[json!(false)]).await;
        assert_accepted(TOKEN, &config, path, &[json!(true), Json::Null]).await;
    }
}

#[tokio::test]
async fn description_has_at_most_1000_utf16_units() {
    // An emoji is one character and two UTF-16 units.
    let long = [json!("d".repeat(1001)), json!(format!("{}d", "🦆".repeat(500)))];
    assert_refused(TOKEN, &token(), "description", "1000 UTF-16 units", &long).await;
    let blank = [json!(""), json!("  ")];
    assert_refused(TOKEN, &token(), "description", "blank", &blank).await;
    let good = [json!("d".repeat(1000)), json!("🦆".repeat(500)), json!("d")];
    assert_accepted(TOKEN, &token(), "description", &good).await;
}

#[tokio::test]
async fn token_type_and_ttl_have_a_fixed_range() {
    let kinds = [json!("admin"), json!("READ_WRITE"), json!("")];
    assert_refused(TOKEN, &token(), "token_type", "read_write, read_scaling", &kinds).await;
    let kinds = [json!("read_write"), json!("read_scaling")];
    assert_accepted(TOKEN, &token(), "token_type", &kinds).await;

    let bad = numbers(&[299.0, 31_536_001.0, 300.5, 1.5, 0.0, -300.0]);
    assert_refused(TOKEN, &token(), "ttl", "whole number from 300 to 31536000", &bad).await;
    let huge = serde_json::from_str("99999999999999999999").unwrap();
    assert_refused(
        TOKEN,
        &token(),
        "ttl",
        "whole number from 300 to 31536000",
        &[huge],
    )
    .await;
    assert_accepted(TOKEN, &token(), "ttl", &numbers(&[300.0, 31_536_000.0])).await;
}

#[tokio::test]
async fn early_rotation_seconds_requires_a_longer_ttl() {
    let path = "early_rotation_seconds";
    let living = edited(&token(), "ttl", json!(3600));
    assert_refused(
        TOKEN,
        &living,
        path,
        "smaller than `ttl`",
        &numbers(&[3600.0, 3601.0]),
    )
    .await;
    assert_refused(TOKEN, &living, path, "whole number", &numbers(&[0.0, -1.0, 0.5])).await;
    assert_refused(TOKEN, &token(), path, "requires `ttl`", &numbers(&[60.0])).await;
    assert_accepted(TOKEN, &living, path, &numbers(&[1.0, 3599.0])).await;
}

#[tokio::test]
async fn duckling_sizes_and_cooldowns_have_a_range() {
    for block in ["read_write", "read_scaling"] {
        let size = format!("{block}.instance_size");
        // Other sizes are refused in the plan, because the state may contain them.
        let sizes = ["pulse", "standard", "jumbo", "mega", "giga", "tera"].map(Json::from);
        assert_accepted(DUCKLINGS, &ducklings(), &size, &sizes).await;

        let cooldown = format!("{block}.cooldown_seconds");
        let bad = numbers(&[59.0, 86_401.0, 60.5]);
        assert_refused(
            DUCKLINGS,
            &ducklings(),
            &cooldown,
            "whole number from 60 to 86400",
            &bad,
        )
        .await;
        assert_accepted(DUCKLINGS, &ducklings(), &cooldown, &numbers(&[60.0, 86_400.0])).await;
        let pulse = edited(&ducklings(), &size, json!("pulse"));
        assert_refused(DUCKLINGS, &pulse, &cooldown, "pulse", &numbers(&[60.0])).await;
    }
    let flock = "read_scaling.flock_size";
    let bad = numbers(&[-1.0, 65.0, 1.5]);
    assert_refused(DUCKLINGS, &ducklings(), flock, "whole number from 0 to 64", &bad).await;
    assert_accepted(DUCKLINGS, &ducklings(), flock, &numbers(&[0.0, 64.0])).await;
}

#[tokio::test]
async fn ducklings_require_a_block() {
    let (session, api) = set_up().await;
    let config = json!({ "username": "loader" });
    let notes = session.validate(DUCKLINGS, &config).await;
    notes.assert_error("", &["`read_write`", "`read_scaling`", "At least one"]);
    api.assert_untouched();
    for block in ["read_write", "read_scaling"] {
        assert_accepted(DUCKLINGS, &config, block, &[ducklings()[block].clone()]).await;
    }
}

#[tokio::test]
async fn all_errors_are_returned_at_once() {
    let (session, _api) = set_up().await;
    let config = json!({ "username": "", "name": "", "ttl": 1 });
    let notes = session.validate(TOKEN, &config).await;
    assert_eq!(notes.blamed().len(), 3, "{notes:#?}");
    for path in ["username", "name", "ttl"] {
        assert!(notes.blamed().contains(&path), "{notes:#?}");
    }
}

#[tokio::test]
async fn invalid_provider_argument_is_an_error_without_its_value() {
    let bad: &[(&str, &str, &[Json])] = &[
        ("admin_token", "blank", &[json!(""), json!(" \n")]),
        (
            "admin_token",
            "line breaks",
            &[json!("s3cret\nmore"), json!("s3cret\u{7f}more")],
        ),
        ("api_base_url", "loopback", &[json!("http://s3cret.example.com")]),
        (
            "api_base_url",
            "credentials",
            &[
                json!("https://u:s3cret@api.example.com"),
                json!("https://s3cret@api.example.com"),
            ],
        ),
        (
            "api_base_url",
            "query",
            &[json!("https://api.example.com/?s3cret")],
        ),
        (
            "api_base_url",
            "fragment",
            &[json!("https://api.example.com/#s3cret")],
        ),
        (
            "api_base_url",
            "absolute",
            &[json!("s3cret.example.com"), json!("/v1"), json!("")],
        ),
        ("api_base_url", "https://", &[json!("ftp://s3cret.example.com")]),
        (
            "request_timeout_seconds",
            "from 1 to 600",
            &[json!(0), json!(601), json!(1.5)],
        ),
        ("max_retries", "from 0 to 20", &[json!(-1), json!(21), json!(0.5)]),
        (
            "max_concurrent_requests",
            "from 1 to 256",
            &[json!(0), json!(257)],
        ),
        ("ca_certificate_file", "blank", &[json!(" ")]),
        (
            "custom_user_agent",
            "control characters",
            &[json!("team\r\nX: y")],
        ),
    ];
    let session = Session::start().await;
    for (path, rule, values) in bad {
        for value in *values {
            let notes = session.validate_provider(&json!({ *path: value })).await;
            // With an attribute path the CLI prints the line, which must not be a token's.
            let shown = if *rule == "line breaks" { "" } else { path };
            notes.assert_error(shown, &[path, rule]);
            assert!(!notes.text().contains("s3cret"), "it may be a secret: {notes:?}");
        }
    }

    let good: &[(&str, &[Json])] = &[
        ("admin_token", &[json!(" token \n"), Json::Null]),
        (
            "api_base_url",
            &[
                json!("https://api.example.com/prefix/"),
                json!("http://localhost:8080"),
                json!("http://127.1.2.3"),
                json!("http://[::1]:8080"),
            ],
        ),
        ("request_timeout_seconds", &[json!(1), json!(600)]),
        ("max_retries", &[json!(0), json!(20)]),
        ("max_concurrent_requests", &[json!(1), json!(256)]),
        ("custom_user_agent", &[json!("team/1"), json!("")]),
    ];
    for (path, values) in good {
        for value in *values {
            session
                .validate_provider(&json!({ *path: value }))
                .await
                .assert_empty();
        }
    }
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
            let notes = session.try_import(type_name, id).await.unwrap_err();
            // The message has an example of a valid id, except for an empty id.
            let help = if id.is_empty() { "id" } else { "for instance `" };
            notes.assert_error("", &[help]);
        }
    }
    api.assert_untouched();
}

#[tokio::test]
async fn null_for_a_required_argument_is_an_error() {
    const MISSING: &str = "required and must not be null";
    for (type_name, good, paths) in [
        (ACCOUNT, account(), &["username"][..]),
        (TOKEN, token(), &["username"]),
        (
            DUCKLINGS,
            ducklings(),
            &[
                "username",
                "read_write.instance_size",
                "read_scaling.instance_size",
                "read_scaling.flock_size",
            ],
        ),
    ] {
        for path in paths {
            assert_refused(type_name, &good, path, MISSING, &[Json::Null]).await;
        }
    }

    let (session, api) = set_up().await;
    let null = json!({ "username": null });
    for type_name in [
        "motherduck_service_account",
        "motherduck_tokens",
        "motherduck_ducklings",
    ] {
        session
            .validate_data_source(type_name, &null)
            .await
            .assert_error("username", &[MISSING]);
    }
    session
        .validate_ephemeral(TOKEN, &null)
        .await
        .assert_error("username", &[MISSING]);
    let session_without_dive = json!({ "dive_id": null, "username": "loader" });
    session
        .validate_ephemeral("motherduck_dive_embed_session", &session_without_dive)
        .await
        .assert_error("dive_id", &[MISSING]);
    session
        .validate_action("motherduck_revoke_tokens", &null)
        .await
        .assert_error("username", &[MISSING]);
    api.assert_untouched();
}
