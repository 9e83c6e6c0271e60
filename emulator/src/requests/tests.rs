//! Tables of valid and invalid requests and their issues.

use serde_json::json;

use super::*;

/// Formats each issue as `code path: message`.
fn issues<T: std::fmt::Debug>(result: Result<T, Vec<Issue>>) -> Vec<String> {
    result
        .unwrap_err()
        .into_iter()
        .map(|issue| {
            let path = serde_json::to_string(&issue.path).unwrap();
            format!("{} {path}: {}", issue.code.unwrap_or_default(), issue.message)
        })
        .collect()
}

fn username(name: &str, behaviour: Behaviour) -> Result<String, Vec<Issue>> {
    create_service_account(&json!({ "username": name }), behaviour)
}

#[test]
fn username_requires_length_and_characters() {
    let lenient = Behaviour::default();
    let strict = Behaviour {
        ascii_usernames: true,
        ..lenient
    };
    for name in ["abc", "A_1", "analytics_service_account", &"x".repeat(255)] {
        assert_eq!(username(name, strict).as_deref(), Ok(name));
    }
    for name in ["élan", "データ_1", &"é".repeat(255)] {
        assert_eq!(username(name, lenient).as_deref(), Ok(name));
        assert!(username(name, strict).is_err(), "{name}");
    }
    let starts = "invalid_string [\"username\"]: Username must start with an alphabetic character";
    let holds = "invalid_string [\"username\"]: Username must contain only letters, digits and underscores";
    for (name, expected) in [
        (
            "ab",
            "too_small [\"username\"]: String must contain at least 3 character(s)",
        ),
        (
            &*"x".repeat(256),
            "too_big [\"username\"]: String must contain at most 255 character(s)",
        ),
        ("1abc", starts),
        ("_abc", starts),
        ("my-account", holds),
        ("my account", holds),
        ("svc.reader", holds),
    ] {
        assert_eq!(issues(username(name, lenient)), [expected], "{name}");
    }
    assert_eq!(
        issues(create_service_account(&json!({}), lenient)),
        ["invalid_type [\"username\"]: Required"]
    );
    assert_eq!(
        issues(create_service_account(&json!(["abc"]), lenient)),
        ["invalid_type []: Expected object, received array"]
    );
}

#[test]
fn create_token_request_has_defaults() {
    let token = create_token(
        &json!({ "name": "backend", "read_only": true }),
        Behaviour::default(),
    )
    .unwrap();
    assert_eq!(
        token,
        NewToken {
            name: "backend".into(),
            ttl_seconds: None,
            kind: TokenKind::ReadWrite,
            description: None
        }
    );
    let empty = json!({ "name": "backend", "description": "" });
    let token = create_token(&empty, Behaviour::default()).unwrap();
    assert_eq!(token.description, None);
}

#[test]
fn create_token_request_reports_every_invalid_field() {
    let body = json!({ "name": "", "ttl": 299, "token_type": "admin", "description": 5 });
    assert_eq!(
        issues(create_token(&body, Behaviour::default())),
        [
            "too_small [\"name\"]: String must contain at least 1 character(s)",
            "too_small [\"ttl\"]: Number must be greater than or equal to 300",
            "invalid_enum_value [\"token_type\"]: Invalid enum value. Expected 'read_write' | 'read_scaling', received 'admin'",
            "invalid_type [\"description\"]: Expected string, received number",
        ]
    );
}

#[test]
fn create_token_request_accepts_only_values_within_limits() {
    let with = |field: &str, value: Value| {
        let mut body = json!({ "name": "backend" });
        body[field] = value;
        create_token(&body, Behaviour::default())
    };
    for (field, value) in [
        ("ttl", json!(300)),
        ("ttl", json!(31_536_000)),
        ("name", json!("motherduck extension")),
        ("name", json!(" ")),
        ("name", json!("é".repeat(255))),
        ("description", json!("")),
        ("description", json!("𝄞".repeat(500))),
    ] {
        assert!(with(field, value.clone()).is_ok(), "{field} {value}");
    }
    for (field, value) in [
        ("ttl", json!(31_536_001)),
        ("ttl", json!(300.5)),
        ("ttl", json!("300")),
        ("ttl", json!(null)),
        ("name", json!("MotherDuck Flights")),
        ("name", json!("x".repeat(256))),
        ("description", json!("  ")),
        ("description", json!("𝄞".repeat(501))),
    ] {
        assert!(with(field, value.clone()).is_err(), "{field} {value}");
    }
}

#[test]
fn duckling_config_returns_sizes_and_cooldowns() {
    let body = json!({ "config": {
        "read_write": { "instance_size": "jumbo", "cooldown_seconds": 60 },
        "read_scaling": { "instance_size": "pulse", "flock_size": 64.0 },
    } });
    let config = set_duckling_config(&body).unwrap();
    assert_eq!(
        config.read_write,
        ReadWrite {
            size: InstanceSize::Jumbo,
            cooldown_seconds: Some(60)
        }
    );
    assert_eq!(
        config.read_scaling,
        ReadScaling {
            size: InstanceSize::Pulse,
            flock_size: 64,
            cooldown_seconds: None
        }
    );
}

#[test]
fn duckling_config_reports_every_invalid_field() {
    let body = json!({ "config": {
        "read_write": { "instance_size": "pulse", "cooldown_seconds": 60 },
        "read_scaling": { "instance_size": "huge", "flock_size": 65, "cooldown_seconds": 59 },
    } });
    assert_eq!(
        issues(set_duckling_config(&body)),
        [
            "custom [\"config\",\"read_write\",\"cooldown_seconds\"]: cooldown_seconds is not configurable for instance size pulse",
            "invalid_enum_value [\"config\",\"read_scaling\",\"instance_size\"]: Invalid enum value. Expected 'pulse' | 'standard' | 'jumbo' | 'mega' | 'giga', received 'huge'",
            "too_big [\"config\",\"read_scaling\",\"flock_size\"]: Number must be less than or equal to 64",
            "too_small [\"config\",\"read_scaling\",\"cooldown_seconds\"]: Number must be greater than or equal to 60",
        ]
    );
    assert_eq!(
        issues(set_duckling_config(
            &json!({ "config": { "read_write": { "instance_size": "pulse" } } })
        )),
        ["invalid_type [\"config\",\"read_scaling\"]: Required"]
    );
    assert_eq!(
        issues(set_duckling_config(&json!({ "read_write": {} }))),
        ["invalid_type [\"config\"]: Required"]
    );
}

#[test]
fn embed_session_request_is_validated() {
    let full = json!({
        "username": "svc",
        "session_name": "customer-42",
        "version": 3,
        "required_resources": [{ "url": "md:_share/sales/1", "alias": "sales" }],
        "initial_state": { "region": "EMEA" },
    });
    assert_eq!(
        create_embed_session(&full).unwrap(),
        EmbedRequest {
            username: "svc".into(),
            session_name: Some("customer-42".into()),
            version: Some(3)
        }
    );
    let hint = create_embed_session(&json!({ "username": "svc", "session_hint": "h" })).unwrap();
    assert_eq!(hint.session_name.as_deref(), Some("h"));
    for (name, body) in [
        ("no username", json!({})),
        (
            "both names",
            json!({ "username": "svc", "session_name": "a", "session_hint": "a" }),
        ),
        ("empty name", json!({ "username": "svc", "session_name": "" })),
        ("version 0", json!({ "username": "svc", "version": 0 })),
        (
            "no url",
            json!({ "username": "svc", "required_resources": [{ "alias": "a" }] }),
        ),
        (
            "empty alias",
            json!({ "username": "svc", "required_resources": [{ "url": "md:", "alias": "" }] }),
        ),
        (
            "state no object",
            json!({ "username": "svc", "initial_state": [] }),
        ),
    ] {
        assert_eq!(issues(create_embed_session(&body)).len(), 1, "{name}");
    }
}

#[test]
fn embed_session_limits_count_bytes_of_compact_json() {
    // The JSON around the text is 12 bytes in `[{"url":"…"}]` and 8 in `{"k":"…"}`.
    let resources =
        |length: usize| json!({ "username": "svc", "required_resources": [{ "url": "x".repeat(length) }] });
    assert!(create_embed_session(&resources(8192 - 12)).is_ok());
    assert!(create_embed_session(&resources(8192 - 11)).is_err());
    let state = |length: usize| json!({ "username": "svc", "initial_state": { "k": "x".repeat(length) } });
    assert!(create_embed_session(&state(65_536 - 8)).is_ok());
    assert!(create_embed_session(&state(65_536 - 7)).is_err());
}

#[test]
fn list_users_query_is_validated() {
    let query = |pairs: &[(&str, &str)]| {
        list_users(
            pairs
                .iter()
                .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
                .collect(),
        )
    };
    assert_eq!(
        query(&[("cursor", "x")]).unwrap(),
        UserQuery {
            filter: UserFilter::default(),
            offset: 0,
            limit: 100
        }
    );
    let filter = UserFilter {
        is_service_account: Some(true),
        is_deprovisioned: None,
    };
    let token = paging::page_token(2, filter);
    assert_eq!(
        query(&[
            ("is_service_account", "true"),
            ("page_token", &token),
            ("limit", "2")
        ])
        .unwrap(),
        UserQuery {
            filter,
            offset: 2,
            limit: 2
        }
    );
    assert_eq!(
        issues(query(&[("limit", "many"), ("is_service_account", "yes")])),
        [
            "invalid_type [\"limit\"]: Expected number, received nan",
            "invalid_enum_value [\"is_service_account\"]: Invalid enum value. Expected 'true' | 'false', received 'yes'",
        ]
    );
    assert_eq!(
        issues(query(&[("page_token", &token)])),
        ["custom [\"page_token\"]: Invalid page token, or one of other filters"]
    );
    for limit in ["0", "1001", "-1", "", "1.5"] {
        assert_eq!(issues(query(&[("limit", limit)])).len(), 1, "{limit}");
    }
}
