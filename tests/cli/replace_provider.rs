//! `state replace-provider`: objects of another provider with the same type names are adopted as they are
//! stored, without a `moved` block and with every Terraform. Types with other names need a `moved` block: see
//! `since_1_8/moves.rs`.

use motherduck_emulator::Emulator;
use serde_json::json;

use crate::support::{ACCOUNT, NOTHING, REQUIRED_PROVIDERS, StoredResource, Story, TOKEN, resource};

const COMMUNITY: &str = "jpig18/motherduck";

#[test]
fn replace_provider_adopts_accounts_and_tokens_without_a_write() {
    let story = Story::without_init(Emulator::builder());
    story.write("versions.tf", REQUIRED_PROVIDERS);
    story.write_main(
        &[
            resource(ACCOUNT, "username = \"svc\""),
            resource(TOKEN, "username = \"svc\"\nname = \"loader\"\nttl = 3600"),
        ]
        .concat(),
    );
    story.create_account("svc");
    let request = json!({ "name": "loader", "ttl": 3600 });
    let created = story.request("POST", "/v1/users/svc/tokens", &request);
    let resources = [
        StoredResource {
            address: ACCOUNT,
            schema_version: 0,
            attributes: json!({ "id": "svc", "username": "svc", "deletion_policy": "retain" }),
        },
        StoredResource {
            address: TOKEN,
            schema_version: 0,
            attributes: json!({
                "id": created["id"], "username": "svc", "name": "loader", "ttl_seconds": 3600,
                "token_type": created["token_type"], "token": created["token"], "created_at": created["created_ts"],
                "expires_at": created["expire_at"], "read_only": false,
            }),
        },
    ];
    story.write_state(COMMUNITY, &resources);
    story.replace_provider(COMMUNITY);
    // The state no longer names the other provider, so `init` does not need it.
    story.run(["init"]);

    story.expect_empty_plan();
    story.apply();

    assert_eq!(story.writes(), NOTHING);
    assert_eq!(
        story.attribute(TOKEN, "token"),
        created["token"].as_str().unwrap()
    );
    assert_eq!(story.attributes(ACCOUNT)["deletion_protection"], true);
    story.expect_empty_plan();
    story.run(["destroy", "-auto-approve", &format!("-target={TOKEN}")]);
    assert_eq!(story.live_tokens("svc"), NOTHING);
}
