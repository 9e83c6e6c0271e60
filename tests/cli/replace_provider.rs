//! `state replace-provider`: objects of another provider with the same type names are adopted as they are
//! stored, without a `moved` block and with every Terraform. Types with other names need a `moved` block: see
//! `since_1_8/moves.rs`.

use motherduck_emulator::Emulator;
use serde_json::json;

use crate::support::{Left, NOTHING, Story, VERSIONS, resource};

const OWN: &str = "motherduck-rs/motherduck";
const COMMUNITY: &str = "jpig18/motherduck";
const ACCOUNT: &str = "motherduck_service_account.svc";
const TOKEN: &str = "motherduck_token.loader";

#[test]
fn replace_provider_adopts_accounts_and_tokens_without_a_write() {
    let story = Story::without_init(Emulator::builder());
    story.write("versions.tf", VERSIONS);
    story.main(
        &[
            resource(ACCOUNT, "username = \"svc\""),
            resource(TOKEN, "username = \"svc\"\nname = \"loader\"\nttl = 3600"),
        ]
        .concat(),
    );
    story.outside_account("svc");
    let request = json!({ "name": "loader", "ttl": 3600 });
    let made = story.outside("POST", "/v1/users/svc/tokens", &request);
    let left = [
        Left {
            address: ACCOUNT,
            schema_version: 0,
            attributes: json!({ "id": "svc", "username": "svc", "deletion_policy": "retain" }),
        },
        Left {
            address: TOKEN,
            schema_version: 0,
            attributes: json!({
                "id": made["id"], "username": "svc", "name": "loader", "ttl_seconds": 3600,
                "token_type": made["token_type"], "token": made["token"], "created_at": made["created_ts"],
                "expires_at": made["expire_at"], "read_only": false,
            }),
        },
    ];
    story.write("terraform.tfstate", &story.state_of(COMMUNITY, &left).to_string());
    let (from, to) = (story.address_of(COMMUNITY), story.address_of(OWN));
    story.run(["state", "replace-provider", "-auto-approve", &from, &to]);
    // The state no longer names the other provider, so `init` does not need it.
    story.run(["init"]);

    story.expect_clean();
    story.apply();

    assert_eq!(story.writes(), NOTHING);
    assert_eq!(story.text(TOKEN, "token"), made["token"].as_str().unwrap());
    assert_eq!(story.resource(ACCOUNT)["deletion_protection"], true);
    story.expect_clean();
    story.run(["destroy", "-auto-approve", &format!("-target={TOKEN}")]);
    assert_eq!(story.live_tokens("svc"), NOTHING);
}
