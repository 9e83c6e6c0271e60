//! `motherduck_token` from create to destroy.

use serde_json::json;

use crate::support::{NOTHING, Story, resource};

const ADDRESS: &str = "motherduck_token.loader";

/// A token of an account that Terraform does not manage.
fn token(arguments: &str) -> String {
    resource(
        ADDRESS,
        &format!("username = \"svc\"\nname = \"loader\"\n{arguments}"),
    )
}

#[test]
fn token_is_created_replaced_and_revoked() {
    let story = Story::new(&token("description = \"loads the lake\""));
    story.outside_account("svc");

    let plan = story.plan();
    plan.expect([(ADDRESS, "create")]);
    for computed in [
        "id",
        "token",
        "created_ts",
        "read_only",
        "expire_at",
        "ready_for_rotation",
    ] {
        plan.unknown(ADDRESS, computed);
    }
    assert_eq!(
        *plan.after(ADDRESS),
        json!({
            "username": "svc", "name": "loader", "description": "loads the lake", "token_type": "read_write",
            "ttl": null, "early_rotation_seconds": null, "revoke_on_destroy": true, "keepers": null, "name_prefix": null,
        })
    );
    story.forget();
    story.apply_saved_plan();

    assert_eq!(story.writes(), ["POST /v1/users/svc/tokens 200"]);
    let state = story.resource(ADDRESS);
    assert_eq!(json!([state["id"]]), json!(story.live_tokens("svc")));
    let listed = &story.account("svc")["tokens"][0];
    assert_eq!(state["created_ts"], listed["created_ts"]);
    assert_eq!(listed["description"], "loads the lake");
    assert_eq!(
        json!([
            state["expire_at"],
            state["read_only"],
            state["ready_for_rotation"],
            state["ttl"]
        ]),
        json!([null, false, false, null])
    );
    assert!(!story.text(ADDRESS, "token").is_empty());
    story.expect_clean();
    // A change of the lifetime replaces the token: the old one is revoked, and the new one has another
    // secret.
    let (old_id, old_secret) = (story.text(ADDRESS, "id"), story.text(ADDRESS, "token"));
    story.main(&token("ttl = 7200"));
    story.forget();
    story.apply();
    assert_eq!(
        story.writes(),
        [
            format!("DELETE /v1/users/svc/tokens/{old_id} 200"),
            "POST /v1/users/svc/tokens 200".to_owned()
        ]
    );
    assert_ne!(story.text(ADDRESS, "token"), old_secret);
    assert_eq!(story.live_tokens("svc"), [story.text(ADDRESS, "id")]);
    story.expect_clean();

    story.destroy();
    assert_eq!(story.live_tokens("svc"), NOTHING);
    assert_eq!(story.addresses(), NOTHING);
}
