//! Stored states of older versions and of other providers: they are upgraded or refused, never dropped.

use motherduck_provider::proto::tfplugin6::RawState;
use serde_json::{Value as Json, json};

use crate::host::{ACCOUNT, DUCKLINGS, Session, TOKEN, edited, merged};

fn stored() -> [(&'static str, Json); 3] {
    [
        (
            ACCOUNT,
            json!({ "username": "loader", "deletion_protection": false, "id": "loader" }),
        ),
        (
            TOKEN,
            json!({
                "username": "loader", "name": "nightly", "description": null, "token_type": "read_scaling", "ttl": 3600,
                "early_rotation_seconds": null, "revoke_on_destroy": true, "name_prefix": null,
                "keepers": { "month": "1" }, "id": "3fa8", "token": "eyJ.s3cret",
                "expire_at": "2026-01-01T01:00:00Z", "created_ts": "2026-01-01T00:00:00Z", "read_only": true,
                "ready_for_rotation": false,
            }),
        ),
        (
            DUCKLINGS,
            json!({
                "username": "loader", "restore_on_destroy": true, "id": "loader",
                "read_write": { "instance_size": "jumbo", "cooldown_seconds": 60 },
                "read_scaling": { "instance_size": "pulse", "flock_size": 0, "cooldown_seconds": null },
            }),
        ),
    ]
}

#[tokio::test]
async fn state_of_8_mib_is_unchanged() {
    let session = Session::start().await;
    let [_, (type_name, state), _] = stored();
    // Twice the default size limit of a gRPC library.
    let large = edited(&state, "keepers", json!({ "blob": "x".repeat(8 << 20) }));
    let text = serde_json::to_string(&large).unwrap();
    assert!(session.upgrade(type_name, 1, &text).await.unwrap() == large);
}

#[tokio::test]
async fn state_of_the_current_version_is_unchanged() {
    let session = Session::start().await;
    for (type_name, state) in stored() {
        let text = serde_json::to_string_pretty(&state).unwrap();
        assert_eq!(session.upgrade(type_name, 1, &text).await.unwrap(), state);
    }
}

#[tokio::test]
async fn states_of_other_providers_with_the_same_type_names_are_upgraded() {
    let session = Session::start().await;
    let account = json!({ "username": "loader", "deletion_protection": true, "id": "loader" });
    for (version, text) in [
        (1, r#"{"id":"loader","username":"loader"}"#),
        (
            0,
            r#"{"id":"loader","username":"loader","deletion_policy":"delete"}"#,
        ),
    ] {
        let upgraded = session.upgrade(ACCOUNT, version, text).await.unwrap();
        assert_eq!(upgraded, account, "{text}");
    }
    let token = json!({
        "id": "3fa8", "username": "loader", "name": "nightly", "ttl_seconds": 3600, "token_type": "read_scaling",
        "token": "eyJ.s3cret", "created_at": "2026-01-01T00:00:00Z", "expires_at": "2026-01-01T01:00:00Z",
        "read_only": true,
    });
    let upgraded = session.upgrade(TOKEN, 0, &token.to_string()).await.unwrap();
    let [_, (_, own), _] = stored();
    assert_eq!(upgraded, edited(&own, "keepers", Json::Null));

    let endless = merged(&token, &json!({ "expires_at": "", "ttl_seconds": null }));
    let upgraded = session.upgrade(TOKEN, 0, &endless.to_string()).await.unwrap();
    assert_eq!(
        (&upgraded["expire_at"], &upgraded["ttl"]),
        (&Json::Null, &Json::Null)
    );
}

#[tokio::test]
async fn unknown_attributes_are_dropped_at_every_depth() {
    let session = Session::start().await;
    for (type_name, state) in stored() {
        let mut more = edited(&state, "deletion_policy", json!({ "a": [1, null, "x"] }));
        if type_name == DUCKLINGS {
            more = edited(&more, "read_write.auto_suspend", json!(true));
            more = edited(&more, "read_scaling.deep", json!({ "er": {} }));
        }
        let upgraded = session.upgrade(type_name, 1, &more.to_string()).await.unwrap();
        assert_eq!(upgraded, state);
    }
}

#[tokio::test]
async fn missing_attributes_are_null_or_have_their_default() {
    let session = Session::start().await;
    let null_token: Json = stored()[1]
        .1
        .as_object()
        .unwrap()
        .keys()
        .map(|name| (name.clone(), Json::Null))
        .collect::<serde_json::Map<_, _>>()
        .into();
    let empty_token = edited(&null_token, "token_type", json!("read_write"));
    let empty_token = edited(&empty_token, "revoke_on_destroy", json!(true));
    for (type_name, text, expected) in [
        (
            ACCOUNT,
            r#"{"id":"a","username":"a"}"#,
            json!({ "username": "a", "deletion_protection": true, "id": "a" }),
        ),
        (
            ACCOUNT,
            r#"{"deletion_protection":null}"#,
            json!({ "username": null, "deletion_protection": true, "id": null }),
        ),
        (TOKEN, "{}", empty_token.clone()),
        (TOKEN, r#"{"token_type":null,"ttl":null}"#, empty_token),
        (
            DUCKLINGS,
            r#"{"id":"a","username":"a","read_write":{"instance_size":"pulse"},"restore_on_destroy":null}"#,
            json!({
                "username": "a", "restore_on_destroy": false, "id": "a", "read_scaling": null,
                "read_write": { "instance_size": "pulse", "cooldown_seconds": null },
            }),
        ),
    ] {
        assert_eq!(
            session.upgrade(type_name, 1, text).await.unwrap(),
            expected,
            "{text}"
        );
    }
}

#[tokio::test]
async fn undecodable_state_is_an_error() {
    let session = Session::start().await;
    for (type_name, _) in stored() {
        for text in [
            "null",
            "[]",
            "\"x\"",
            "{",
            "{}{}",
            "{\"username\":[]}",
            "{\"username\":{\"a\":1}}",
            "\u{0}",
            "",
        ] {
            let diagnostics = session.upgrade(type_name, 1, text).await.unwrap_err();
            diagnostics.assert_error("", &["cannot be read", "backup"]);
        }
        let flatmap = RawState {
            flatmap: [("username".to_owned(), "loader".to_owned())].into(),
            ..Default::default()
        };
        let diagnostics = session.upgrade_raw(type_name, 0, flatmap).await.unwrap_err();
        diagnostics.assert_error("", &["cannot be read", "0.12"]);
    }
}

#[tokio::test]
async fn private_state_of_another_provider_is_ignored() {
    let user = json!({ "username": "loader", "is_service_account": true });
    let (session, _api) = Session::on_users(&json!([user])).await;
    let foreign: [&[u8]; 4] = [
        b"\xff\x00garbage",
        b"null",
        br#"{"deletion_protection":true,"ttl_rebuilt":true,"first_keepers":true}"#,
        br#"{"format":"other/1","values":{"deletion_protection":true,"ttl_rebuilt":true,"original":{}}}"#,
    ];
    let configs = [
        (
            ACCOUNT,
            json!({ "username": "other", "deletion_protection": false }),
        ),
        (
            TOKEN,
            json!({ "username": "loader", "name": "nightly", "ttl": 3600 }),
        ),
        (
            DUCKLINGS,
            json!({ "username": "loader", "read_write": { "instance_size": "jumbo" } }),
        ),
    ];
    for (type_name, config) in &configs {
        let mut stored = session.create(type_name, config).await;
        for bytes in foreign {
            stored.private = bytes.to_vec();
            let read = session.refresh(type_name, &stored).await;
            assert_eq!(read.state, stored.state);
            session.assert_plan_is_empty(type_name, config, &stored).await;
            session.plan_destroy(type_name, &stored).await.unwrap();
            // Private state that another provider's plan may have left for the second plan of a replacement.
            let mut plan = session.plan(type_name, config, Some(&stored)).await;
            plan.private = bytes.to_vec();
            session.plan_create_of_replacement(&plan).await.unwrap();
        }
    }
    // This includes the key for a computed `ttl`.
    let (type_name, config) = &configs[1];
    let config = &edited(config, "name", json!("weekly"));
    let mut stored = session.create(type_name, config).await;
    stored.private = foreign[2].to_vec();
    session
        .replace(type_name, &edited(config, "ttl", json!(3601)), &stored)
        .await;
}
