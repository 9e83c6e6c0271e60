//! `MoveResourceState`: states of other providers are converted, or refused if they are invalid.

use motherduck_contract::CheckedEmulator;
use motherduck_provider::proto::tfplugin6 as proto;
use proto::{RawState, move_resource_state};
use serde_json::{Value as Json, json};

use crate::host::{ACCOUNT, Action, DUCKLINGS, Diagnostics, Session, StoredObject, TOKEN, TOKEN_ID, edited};
use crate::support::plugin_client::in_time;

const OFFICIAL: &str = "registry.terraform.io/motherduckdb/motherduck";
const COMMUNITY: &str = "registry.terraform.io/jpig18/motherduck";
const FORK: &str = "registry.terraform.io/ships/motherduck";
const OWN: &str = "registry.terraform.io/motherduck-rs/motherduck";
/// The source of a move: provider address, type name, schema version and state.
pub(crate) type Source<'a> = (&'a str, &'a str, i64, &'a Json);

pub(crate) fn request(
    (address, type_name, version, state): Source<'_>,
    to: &str,
) -> move_resource_state::Request {
    move_resource_state::Request {
        source_provider_address: address.into(),
        source_type_name: type_name.into(),
        source_schema_version: version,
        source_state: Some(RawState {
            json: state.to_string().into(),
            ..Default::default()
        }),
        // Private state that looks like this provider's own.
        source_private: br#"{"format":"motherduck-rs/1","values":{"ttl_rebuilt":true}}"#.to_vec(),
        target_type_name: to.into(),
        ..Default::default()
    }
}

async fn send(session: &Session, request: move_resource_state::Request) -> Result<StoredObject, Diagnostics> {
    let to = request.target_type_name.clone();
    let response = in_time("a move", session.client().move_resource_state(request)).await;
    let response = response.expect("a response").into_inner();
    let diagnostics = Diagnostics::read(&response.diagnostics);
    if diagnostics.has_errors() {
        assert_eq!(response.target_state, None, "an error leaves nothing behind");
        return Err(diagnostics);
    }
    diagnostics.assert_empty();
    let state = session.resource(&to).decode(response.target_state.as_ref());
    let identity = response.target_identity.as_ref();
    Ok(session.stored(&to, &state, response.target_private, identity))
}

async fn moved(session: &Session, source: Source<'_>, to: &str) -> Result<StoredObject, Diagnostics> {
    send(session, request(source, to)).await
}

/// Moves a token of the official provider and refreshes it. The lifetime of the token is longer than its `ttl`.
async fn moved_and_refreshed(foreign: &Json) -> (Session, StoredObject, CheckedEmulator) {
    let live = json!({
        "id": TOKEN_ID, "name": "nightly", "token_type": "read_write", "created_ts": "2026-01-01T00:00:00Z",
        "expire_at": "2126-01-01T00:00:00Z",
    });
    let users = json!([{ "username": "loader", "is_service_account": true, "tokens": [live] }]);
    let (session, api) = Session::on_users(&users).await;
    let source = official_token(foreign);
    let taken = moved(&session, source, TOKEN).await.unwrap();
    let taken = session.refresh(TOKEN, &taken).await;
    (session, taken, api)
}

/// A token of the official provider with this state.
fn official_token(state: &Json) -> Source<'_> {
    (OFFICIAL, "motherduck_access_token", 1, state)
}

fn account() -> Json {
    json!({ "id": "loader", "username": "loader" })
}

fn token() -> Json {
    json!({
        "id": TOKEN_ID, "username": "loader", "name": "nightly", "description": null, "ttl": 3600,
        "token_type": "read_write", "token": "eyJ.s3cret", "expire_at": "2026-01-01T01:00:00Z",
        "created_ts": "2026-01-01T00:00:00Z", "read_only": false,
    })
}

fn ducklings() -> Json {
    json!({
        "id": "loader", "username": "loader", "read_write_instance_size": "jumbo",
        "read_write_cooldown_seconds": 120, "read_scaling_instance_size": "pulse",
        "read_scaling_flock_size": 2, "read_scaling_cooldown_seconds": 60,
    })
}

fn token_here() -> Json {
    json!({
        "username": "loader", "name": "nightly", "description": null, "token_type": "read_write", "ttl": 3600,
        "early_rotation_seconds": null, "revoke_on_destroy": true, "name_prefix": null, "keepers": null, "id": TOKEN_ID, "token": "eyJ.s3cret",
        "expire_at": "2026-01-01T01:00:00Z", "created_ts": "2026-01-01T00:00:00Z", "read_only": false,
        "ready_for_rotation": false,
    })
}

fn ducklings_here() -> Json {
    json!({
        "username": "loader", "id": "loader", "restore_on_destroy": false,
        "read_write": { "instance_size": "jumbo", "cooldown_seconds": 120 },
        "read_scaling": { "instance_size": "pulse", "flock_size": 2, "cooldown_seconds": null },
    })
}

#[tokio::test]
async fn states_of_other_providers_are_converted() {
    let session = Session::start().await;
    let account_here = json!({ "username": "loader", "deletion_protection": true, "id": "loader" });
    let policy = json!({ "id": "loader", "username": "loader", "deletion_policy": "delete" });
    let of_community = json!({
        "id": TOKEN_ID, "username": "loader", "name": "nightly", "ttl_seconds": 3600, "token_type": "read_write",
        "token": "eyJ.s3cret", "created_at": "2026-01-01T00:00:00Z", "expires_at": "2026-01-01T01:00:00Z",
        "read_only": false,
    });
    let blocks = json!({
        "id": "loader", "username": "loader",
        "read_write": { "instance_size": "jumbo", "cooldown_seconds": 120 },
        "read_scaling": { "instance_size": "pulse", "flock_size": 2, "cooldown_seconds": 60 },
    });
    let config = "motherduck_duckling_config";
    for (source, to, expected) in [
        ((OFFICIAL, ACCOUNT, 1, &account()), ACCOUNT, &account_here),
        (official_token(&token()), TOKEN, &token_here()),
        ((OFFICIAL, config, 1, &ducklings()), DUCKLINGS, &ducklings_here()),
        ((COMMUNITY, ACCOUNT, 0, &policy), ACCOUNT, &account_here),
        ((COMMUNITY, TOKEN, 0, &of_community), TOKEN, &token_here()),
        ((COMMUNITY, config, 0, &blocks), DUCKLINGS, &ducklings_here()),
        ((FORK, ACCOUNT, 0, &policy), ACCOUNT, &account_here),
        ((FORK, TOKEN, 0, &of_community), TOKEN, &token_here()),
        ((FORK, config, 0, &blocks), DUCKLINGS, &ducklings_here()),
    ] {
        // OpenTofu before 1.12.4 sends the address `motherduck`.
        let (address, type_name, version, state) = source;
        let mut addresses = vec![address, "motherduck"];
        // After `state replace-provider` a state with the same type name is upgraded, not moved.
        if type_name != to {
            addresses.push(OWN);
        }
        for address in addresses {
            let taken = moved(&session, (address, type_name, version, state), to).await;
            let taken =
                taken.unwrap_or_else(|diagnostics| panic!("{type_name} of {address}: {diagnostics:#?}"));
            assert_eq!(&taken.state, expected, "{type_name} of {address}");
        }
    }
}

#[tokio::test]
async fn plan_is_empty_after_move_and_refresh_of_a_token() {
    // The API spells the times differently.
    let foreign = edited(&token(), "created_ts", json!("2026-01-01T01:00:00.000+01:00"));
    let (session, taken, _api) = moved_and_refreshed(&foreign).await;
    assert_eq!(taken["created_ts"], "2026-01-01T01:00:00.000+01:00");
    assert_eq!(
        (&taken["ttl"], &taken["token"]),
        (&json!(3600), &json!("eyJ.s3cret"))
    );

    let config = json!({ "username": "loader", "name": "nightly", "ttl": 3600 });
    session.assert_plan_is_empty(TOKEN, &config, &taken).await;
    // A changed `ttl` replaces the token, and private state of other providers does not change that.
    for ttl in [json!(3601), Json::Null] {
        let plan = session
            .plan(TOKEN, &edited(&config, "ttl", ttl), Some(&taken))
            .await;
        plan.assert_replaces(&["ttl"]);
    }
    let kept = json!({ "username": "loader", "name": "nightly", "ttl": 3600, "keepers": { "month": "1" } });
    let taken = session.update(TOKEN, &kept, &taken).await;
    let other = edited(&kept, "keepers.month", json!("2"));
    assert_eq!(
        session.plan(TOKEN, &other, Some(&taken)).await.action,
        Action::Replace
    );
}

#[tokio::test]
async fn plan_is_empty_after_move_of_a_token_without_ttl() {
    let foreign = edited(&token(), "ttl", Json::Null);
    let (session, taken, _api) = moved_and_refreshed(&foreign).await;
    assert!(
        taken["expire_at"].is_string() && taken["ttl"].is_null(),
        "{taken:?}"
    );
    let config = json!({ "username": "loader", "name": "nightly" });
    session.assert_plan_is_empty(TOKEN, &config, &taken).await;
}

#[tokio::test]
async fn state_of_this_provider_in_another_registry_is_unchanged() {
    let session = Session::start().await;
    let own = edited(&token_here(), "keepers", json!({ "month": "1" }));
    let source = ("registry.opentofu.org/motherduck-rs/motherduck", TOKEN, 1, &own);
    let taken = moved(&session, source, TOKEN).await.unwrap();
    assert_eq!(taken.state, own);
    // In this case the private state is this provider's own.
    assert_eq!(taken.private, request(source, TOKEN).source_private);

    let from_the_future = moved(&session, (source.0, TOKEN, 2, &own), TOKEN).await;
    from_the_future
        .unwrap_err()
        .assert_error("", &["newer than this provider"]);
}

#[tokio::test]
async fn unsupported_move_is_an_error_with_the_supported_ones() {
    let session = Session::start().await;
    for (source, to) in [
        ((OFFICIAL, "motherduck_share", 1, &token()), TOKEN),
        (official_token(&token()), ACCOUNT),
        ((OFFICIAL, TOKEN, 1, &token()), TOKEN),
        ((COMMUNITY, "motherduck_access_token", 0, &token()), TOKEN),
        (
            ("registry.terraform.io/other/motherduck", TOKEN, 0, &token()),
            TOKEN,
        ),
        ((OWN, ACCOUNT, 1, &token()), TOKEN),
        ((OWN, "motherduck_access_token", 1, &token()), ACCOUNT),
        (("", "", 0, &Json::Null), TOKEN),
    ] {
        let diagnostics = moved(&session, source, to).await.unwrap_err();
        diagnostics.assert_error(
            "",
            &[
                "cannot be moved here",
                &format!("cannot become {to}"),
                "- motherduck_access_token of motherduckdb/motherduck to motherduck_token",
                "- motherduck_duckling_config of jpig18/motherduck to motherduck_ducklings",
                "- motherduck_service_account of jpig18/motherduck to motherduck_service_account",
                "- motherduck_token of ships/motherduck to motherduck_token",
            ],
        );
    }
    let diagnostics = moved(&session, official_token(&token()), "motherduck_share").await;
    diagnostics.unwrap_err().assert_error("", &["motherduck_share"]);
}

#[tokio::test]
async fn unsupported_schema_version_is_an_error_with_the_supported_ones() {
    let session = Session::start().await;
    for version in [-1, 0, 2, i64::MAX] {
        let source = (OFFICIAL, "motherduck_access_token", version, &token());
        let diagnostics = moved(&session, source, TOKEN).await.unwrap_err();
        let written = format!("version {version} of its schema");
        diagnostics.assert_error("", &["Unknown version", &written, "take over version 1."]);
        diagnostics.assert_omits("s3cret");
    }
    // The source provider is not known, so both schemas are accepted.
    for address in ["motherduck", OWN] {
        let source = (address, "motherduck_duckling_config", 7, &ducklings());
        let diagnostics = moved(&session, source, DUCKLINGS).await.unwrap_err();
        diagnostics.assert_error("", &["take over version 1 or 0."]);
    }
}

#[tokio::test]
async fn invalid_state_is_an_error_without_its_values() {
    let session = Session::start().await;
    let broken = [
        (Json::Null, "cannot be read"),
        (edited(&token(), "ttl", json!("s3cret")), "cannot be read"),
        (
            edited(&token(), "username", json!({ "s3cret": 1 })),
            "cannot be read",
        ),
        (edited(&token(), "id", json!("")), "not complete"),
    ];
    for (state, words) in &broken {
        let source = official_token(state);
        let diagnostics = moved(&session, source, TOKEN).await.unwrap_err();
        diagnostics.assert_error("", &[words, "terraform state rm"]);
        diagnostics.assert_omits("s3cret");
    }
}

#[tokio::test]
async fn state_that_is_not_json_is_an_error() {
    let session = Session::start().await;
    let whole = request(official_token(&token()), TOKEN);
    let states = [
        None,
        Some(RawState::default()),
        Some(RawState {
            flatmap: [("id".to_owned(), "1".to_owned())].into(),
            ..Default::default()
        }),
        Some(RawState {
            json: b"{\"id\":".to_vec(),
            ..Default::default()
        }),
        Some(RawState {
            json: vec![0xff, 0],
            ..Default::default()
        }),
    ];
    for source_state in states {
        let request = move_resource_state::Request {
            source_state,
            ..whole.clone()
        };
        let diagnostics = send(&session, request).await.unwrap_err();
        diagnostics.assert_error("", &["cannot be read"]);
    }
}
