//! Invalid configurations.

use serde_json::json;

use super::fixtures::{config, with};
use super::pages::Pages;
use crate::host::{ACCOUNT, DUCKLINGS, ListQuery, Session, TOKEN};

pub(super) async fn configurations(pages: &mut Pages) {
    pages.chapter("Invalid configurations");
    let session = Session::start().await;
    let cases = [
        (ACCOUNT, json!({ "username": "ab" })),
        (ACCOUNT, json!({ "username": "1abc" })),
        (ACCOUNT, json!({ "username": "my-account" })),
        (ACCOUNT, json!({ "username": null })),
        (ACCOUNT, json!({ "username": "loader", "id": "loader" })),
        (TOKEN, json!({ "username": ".." , "name": "a" })),
        (TOKEN, json!({ "username": "loader" })),
        (
            TOKEN,
            json!({ "username": "loader", "name": "a", "name_prefix": "b" }),
        ),
        (TOKEN, json!({ "username": "loader", "name": " " })),
        (
            TOKEN,
            json!({ "username": "loader", "name": "MotherDuck Flights" }),
        ),
        (TOKEN, json!({ "username": "loader", "name_prefix": " a" })),
        (TOKEN, json!({ "username": "loader", "name": "a", "ttl": 299 })),
        (
            TOKEN,
            json!({ "username": "loader", "name": "a", "token_type": "admin" }),
        ),
        (
            TOKEN,
            json!({ "username": "loader", "name": "a", "description": " " }),
        ),
        (
            TOKEN,
            json!({ "username": "loader", "name": "a", "early_rotation_seconds": 60 }),
        ),
        (
            TOKEN,
            json!({ "username": "loader", "name": "a", "ttl": 300, "early_rotation_seconds": 0 }),
        ),
        (
            TOKEN,
            json!({ "username": "loader", "name": "a", "ttl": 300, "early_rotation_seconds": 300 }),
        ),
        (
            TOKEN,
            json!({ "username": "loader", "name": "a", "revoke_on_destroy": false }),
        ),
        (DUCKLINGS, json!({ "username": "loader" })),
        (
            DUCKLINGS,
            with(
                &config(DUCKLINGS),
                "read_write",
                json!({ "instance_size": "pulse", "cooldown_seconds": 60 }),
            ),
        ),
        (
            DUCKLINGS,
            with(
                &config(DUCKLINGS),
                "read_write",
                json!({ "instance_size": "giga", "cooldown_seconds": 59 }),
            ),
        ),
        (
            DUCKLINGS,
            with(
                &config(DUCKLINGS),
                "read_scaling",
                json!({ "instance_size": "giga", "flock_size": 65 }),
            ),
        ),
        (
            DUCKLINGS,
            with(
                &config(DUCKLINGS),
                "read_scaling",
                json!({ "instance_size": null, "flock_size": 1 }),
            ),
        ),
    ];
    for (type_name, config) in cases {
        pages.add(
            &format!("{type_name} {config}"),
            session.validate(type_name, &config).await,
        );
    }
    let large = with(
        &config(DUCKLINGS),
        "read_write",
        json!({ "instance_size": "large" }),
    );
    let refused = session.try_plan(DUCKLINGS, &large, None).await.unwrap_err();
    pages.add("the plan of an unknown size", refused);
    for config in [
        json!({ "admin_token": " " }),
        json!({ "admin_token": "a\nb" }),
        json!({ "api_base_url": "http://api.example.com" }),
        json!({ "api_base_url": "api.example.com" }),
        json!({ "request_timeout_seconds": 0 }),
        json!({ "ca_certificate_file": " " }),
        json!({ "custom_user_agent": "a\nb" }),
    ] {
        pages.add(
            &format!("provider {config}"),
            session.validate_provider(&config).await,
        );
    }
    let dive = json!({ "dive_id": "7c9e6679-7425-40de-944b-e07fc1f90ae7", "username": "loader" });
    for config in [
        with(&dive, "dive_id", json!("sales")),
        with(&dive, "initial_state", json!("{")),
        with(&dive, "initial_state", json!("[]")),
        with(&dive, "required_resources", json!([null])),
        with(&dive, "session_name", json!("")),
    ] {
        let diagnostics = session
            .validate_ephemeral("motherduck_dive_embed_session", &config)
            .await;
        pages.add(&format!("motherduck_dive_embed_session {config}"), diagnostics);
    }
    for config in [
        json!({ "username": "loader", "name_prefix": "" }),
        json!({ "username": "loader", "except_ids": [null] }),
    ] {
        let diagnostics = session.validate_action("motherduck_revoke_tokens", &config).await;
        pages.add(&format!("motherduck_revoke_tokens {config}"), diagnostics);
    }
    let listing = session.try_list(&ListQuery::all(TOKEN).of_account("..")).await;
    pages.add("a query of an account that cannot be one", listing.diagnostics);
}
