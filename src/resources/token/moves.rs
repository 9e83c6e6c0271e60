//! Tokens of other providers, with their secrets.

use secrecy::{ExposeSecret, SecretString};

use super::{RECORDS_FIRST_KEEPERS, State};
use crate::framework::{Diagnostics, Field, Private, ResourceState, StateMover, StateUpgrader, model};
use crate::motherduck::other_providers::{COMMUNITY, OFFICIAL, null_if_empty, required_text};
use crate::motherduck::token_rules::{TTL_MAX, TTL_MIN};

model! {
    /// A `motherduck_access_token` of the official provider.
    struct Official {
        id: String,
        username: String,
        name: String,
        description: String,
        ttl: i64,
        token_type: String,
        token: SecretString,
        expire_at: String,
        created_ts: String,
        read_only: bool,
    }
}

model! {
    /// A `motherduck_token` of the community's provider.
    struct Community {
        id: String,
        username: String,
        name: String,
        ttl_seconds: i64,
        token_type: String,
        token: SecretString,
        created_at: String,
        expires_at: String,
        read_only: bool,
    }
}

/// Returns the resource types that can be moved to a token.
pub(super) fn moves() -> Vec<StateMover<State>> {
    let mut all = vec![StateMover {
        provider: OFFICIAL,
        type_name: "motherduck_access_token",
        version: 1,
        conversion: StateUpgrader::from(converted),
    }];
    all.extend(COMMUNITY.map(|provider| StateMover {
        provider,
        type_name: "motherduck_token",
        version: 0,
        conversion: community_upgrader(),
    }));
    all
}

/// Returns the upgrader for states of the community's provider, which has a resource type with the same name:
/// after `terraform state replace-provider` they are sent as this provider's. Their version is 0, and this
/// provider's start at 1.
pub(super) fn upgrade(version: i64) -> Option<StateUpgrader<State>> {
    (version == 0).then(community_upgrader)
}

fn community_upgrader() -> StateUpgrader<State> {
    StateUpgrader::from(|token: Community| {
        converted(Official {
            id: token.id,
            username: token.username,
            name: token.name,
            description: Field::Null,
            ttl: token.ttl_seconds,
            token_type: token.token_type,
            token: token.token,
            expire_at: token.expires_at,
            created_ts: token.created_at,
            read_only: token.read_only,
        })
    })
}

fn converted(foreign: Official) -> Result<ResourceState<State>, Diagnostics> {
    // Keepers are recorded in place, as after an import, because the other provider had none.
    let mut private = Private::new();
    private.set(RECORDS_FIRST_KEEPERS, &true);
    let state = State {
        username: required_text(foreign.username, "username")?,
        name: required_text(foreign.name, "name")?,
        name_prefix: Field::Null,
        description: null_if_empty(foreign.description),
        token_type: null_if_empty(foreign.token_type),
        ttl: configured_ttl(foreign.ttl),
        early_rotation_seconds: Field::Null,
        revoke_on_destroy: Field::Known(true),
        keepers: Field::Null,
        id: required_text(foreign.id, "id")?,
        token: secret(foreign.token),
        expire_at: null_if_empty(foreign.expire_at),
        created_ts: null_if_empty(foreign.created_ts),
        read_only: foreign.read_only,
        // The next refresh decides.
        ready_for_rotation: Field::Known(false),
    };
    Ok(ResourceState::new(state, private))
}

/// Returns the `ttl` of the other provider's configuration, which the new configuration has too, whatever the
/// token's times are. An invalid one is dropped, because it would replace the token.
fn configured_ttl(ttl: Field<i64>) -> Field<i64> {
    match ttl {
        Field::Known(ttl) if !(TTL_MIN..=TTL_MAX).contains(&ttl) => Field::Null,
        ttl => ttl,
    }
}

fn secret(token: Field<SecretString>) -> Field<SecretString> {
    match token {
        Field::Known(token) if token.expose_secret().is_empty() => Field::Null,
        token => token,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;

    const ID: &str = "3fa85f64-5717-4562-b3fc-2c963f66afa6";

    fn official(edit: Json) -> Result<ResourceState<State>, Diagnostics> {
        let stored = json!({
            "id": ID, "username": "svc", "name": "loader", "description": "nightly", "ttl": 3600,
            "token_type": "read_scaling", "token": "eyJ.s3cret", "expire_at": "2026-01-01T01:00:00Z",
            "created_ts": "2026-01-01T00:00:00Z", "read_only": true,
        });
        convert(0, stored, edit)
    }

    fn community(edit: Json) -> Result<ResourceState<State>, Diagnostics> {
        let stored = json!({
            "id": ID, "username": "svc", "name": "loader", "ttl_seconds": 3600, "token_type": "read_write",
            "token": "eyJ.s3cret", "created_at": "2026-01-01T00:00:00Z",
            "expires_at": "2026-01-01T01:00:00Z", "read_only": false,
        });
        convert(1, stored, edit)
    }

    /// Returns the converted state with these members of the stored JSON replaced.
    fn convert(source: usize, mut stored: Json, edit: Json) -> Result<ResourceState<State>, Diagnostics> {
        let Json::Object(edit) = edit else {
            panic!("an object")
        };
        stored.as_object_mut().unwrap().extend(edit);
        moves()[source].conversion.convert(stored.to_string().as_bytes())
    }

    fn secret_of(state: &State) -> Option<&str> {
        state.token.known().map(ExposeSecret::expose_secret)
    }

    #[test]
    fn official_token_state_is_converted() {
        let ResourceState { state, private, .. } = official(json!({})).unwrap();
        assert_eq!(
            [
                &state.id,
                &state.username,
                &state.name,
                &state.description,
                &state.token_type,
                &state.expire_at,
                &state.created_ts
            ]
            .map(|field| field.text().unwrap()),
            [
                ID,
                "svc",
                "loader",
                "nightly",
                "read_scaling",
                "2026-01-01T01:00:00Z",
                "2026-01-01T00:00:00Z"
            ]
        );
        assert_eq!(
            (state.ttl.clone(), state.read_only.clone()),
            (Field::Known(3600), Field::Known(true))
        );
        assert_eq!(secret_of(&state), Some("eyJ.s3cret"));
        assert_eq!(state.ready_for_rotation, Field::Known(false));
        assert!(private.flag(RECORDS_FIRST_KEEPERS));
    }

    #[test]
    fn community_token_state_is_converted() {
        let state = community(json!({})).unwrap().state;
        assert_eq!((state.id.text(), state.ttl), (Some(ID), Field::Known(3600)));
        assert_eq!(
            (state.created_ts.text(), state.expire_at.text()),
            (Some("2026-01-01T00:00:00Z"), Some("2026-01-01T01:00:00Z"))
        );
        assert_eq!(state.description, Field::Null);
    }

    #[test]
    fn empty_text_is_converted_to_null() {
        let state = community(json!({ "expires_at": "", "token_type": "", "token": "" }))
            .unwrap()
            .state;
        assert_eq!(secret_of(&state), None);
        assert_eq!((state.expire_at, state.token_type), (Field::Null, Field::Null));
        let state = official(json!({ "description": "" })).unwrap().state;
        assert_eq!(state.description, Field::Null);
    }

    #[test]
    fn moved_ttl_is_the_stored_one_within_the_limits() {
        for (ttl, expected) in [
            (json!(7200), Field::Known(7200)),
            (json!("7200"), Field::Known(7200)),
            (json!(null), Field::Null),
            // A provider without null stores this value instead.
            (json!(0), Field::Null),
            (json!(-1), Field::Null),
            (json!(31_536_001), Field::Null),
        ] {
            assert_eq!(
                official(json!({ "ttl": ttl })).unwrap().state.ttl,
                expected,
                "{ttl}"
            );
            assert_eq!(
                community(json!({ "ttl_seconds": ttl })).unwrap().state.ttl,
                expected,
                "{ttl}"
            );
        }
    }

    #[test]
    fn moved_created_ts_may_have_any_format() {
        let odd = "2026-01-01 00:00:00 +0000 UTC";
        let state = official(json!({ "created_ts": odd })).unwrap().state;
        assert_eq!(state.created_ts.text(), Some(odd));
    }

    #[test]
    fn state_without_id_username_or_name_is_an_error() {
        for name in ["id", "username", "name"] {
            for missing in [json!(null), json!("")] {
                let Err(refused) = official(json!({ name: missing })) else {
                    panic!("adopted without {name}");
                };
                let error = refused.into_iter().next().unwrap();
                assert!(error.detail.contains(&format!("no `{name}`")), "{error:?}");
            }
        }
    }

    #[test]
    fn upgrade_converts_only_version_0() {
        assert!(upgrade(0).is_some());
        assert!(upgrade(1).is_none());
    }
}
