//! `state replace-provider`: objects of another provider with the same type names are adopted as they are
//! stored, without a `moved` block and with every Terraform. Types with other names need a `moved` block: see
//! `since_1_8/moves.rs`.

use motherduck_emulator::Emulator;
use serde_json::{Value, json};

use crate::support::{Left, NOTHING, Story, VERSIONS, resource};

const OWN: &str = "motherduck-rs/motherduck";
const ACCOUNT: &str = "motherduck_service_account.svc";
const TOKEN: &str = "motherduck_token.loader";

/// A story with an account and a token, and with the state that another provider has stored for them.
#[track_caller]
fn story(provider: &str, token: &str, left: impl Fn(&Value) -> Vec<Left>) -> (Story, Value) {
    let story = Story::without_init(Emulator::builder());
    story.write("versions.tf", VERSIONS);
    story.main(
        &[
            resource(ACCOUNT, "username = \"svc\""),
            resource(TOKEN, &format!("username = \"svc\"\nname = \"loader\"\n{token}")),
        ]
        .concat(),
    );
    story.outside_account("svc");
    let request = json!({ "name": "loader", "ttl": 3600 });
    let made = story.outside("POST", "/v1/users/svc/tokens", &request);
    let state = story.state_of(provider, &left(&made));
    story.write("terraform.tfstate", &state.to_string());
    let (from, to) = (story.address_of(provider), story.address_of(OWN));
    story.run(["state", "replace-provider", "-auto-approve", &from, &to]);
    // The state no longer names the other provider, so `init` does not need it.
    story.run(["init"]);
    (story, made)
}

fn account(schema_version: u64, attributes: Value) -> Left {
    Left {
        address: ACCOUNT,
        schema_version,
        attributes,
    }
}

fn token_of_community(made: &Value) -> Left {
    Left {
        address: TOKEN,
        schema_version: 0,
        attributes: json!({
            "id": made["id"], "username": "svc", "name": "loader", "ttl_seconds": 3600,
            "token_type": made["token_type"], "token": made["token"], "created_at": made["created_ts"],
            "expires_at": made["expire_at"], "read_only": false,
        }),
    }
}

#[test]
fn accounts_and_tokens_of_the_community_are_handed_over() {
    let (story, made) = story("jpig18/motherduck", "ttl = 3600", |made| {
        let stored = json!({ "id": "svc", "username": "svc", "deletion_policy": "retain" });
        vec![account(0, stored), token_of_community(made)]
    });

    story.expect_clean();
    story.apply();

    assert_eq!(story.writes(), NOTHING);
    assert_eq!(story.text(TOKEN, "token"), made["token"].as_str().unwrap());
    assert_eq!(story.resource(ACCOUNT)["deletion_protection"], true);
    story.expect_clean();
    story.run(["destroy", "-auto-approve", &format!("-target={TOKEN}")]);
    assert_eq!(story.live_tokens("svc"), NOTHING);
}

#[test]
fn an_account_of_the_official_provider_is_handed_over() {
    let (story, _) = story("motherduckdb/motherduck", "ttl = 3600", |_| {
        vec![account(1, json!({ "id": "0815", "username": "svc" }))]
    });

    story.plan().expect([(TOKEN, "create")]);
    story.run(["apply", "-auto-approve", &format!("-target={ACCOUNT}")]);

    assert_eq!(
        story.resource(ACCOUNT),
        json!({ "id": "svc", "username": "svc", "deletion_protection": true })
    );
    assert_eq!(story.writes(), NOTHING);
}

#[test]
fn a_life_that_differs_is_another_token_as_ever() {
    let (story, _) = story("jpig18/motherduck", "ttl = 3601", |made| {
        let stored = json!({ "id": "svc", "username": "svc" });
        vec![account(0, stored), token_of_community(made)]
    });
    story
        .plan()
        .expect([(TOKEN, "replace")])
        .replaced_by(TOKEN, ["ttl"]);
}
