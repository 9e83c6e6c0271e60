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

/// A story that creates the account `svc` and a token of it.
#[track_caller]
fn applied(arguments: &str) -> Story {
    let story = Story::new(&token(arguments));
    story.outside_account("svc");
    story.apply();
    story
}

#[test]
fn a_token_is_created_once_and_then_left_alone() {
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
}

#[test]
fn a_read_scaling_token_with_a_lifetime_reports_both() {
    let story = applied("token_type = \"read_scaling\"\nttl = 3600");

    let state = story.resource(ADDRESS);
    assert_eq!(
        json!([
            state["token_type"],
            state["read_only"],
            state["ttl"],
            state["ready_for_rotation"]
        ]),
        json!(["read_scaling", true, 3600, false])
    );
    assert_eq!(state["expire_at"], story.account("svc")["tokens"][0]["expire_at"]);
    story.expect_clean();
}

#[test]
fn changed_arguments_of_a_token_replace_it() {
    let before = resource(
        ADDRESS,
        r#"
        username    = "svc"
        name        = "loader"
        token_type  = "read_write"
        description = "old"
        keepers     = { rotated = "one" }
        ttl         = 3600
        "#,
    );
    let story = Story::new(&before);
    story.outside_account("svc");
    story.apply();
    let cases = [
        ("username", r#""svc""#, r#""other""#),
        ("name", r#""loader""#, r#""Loader""#),
        ("token_type", r#""read_write""#, r#""read_scaling""#),
        ("description", r#""old""#, r#""new""#),
        ("keepers", r#"{ rotated = "one" }"#, r#"{ rotated = "two" }"#),
        ("ttl", "3600", "3601"),
        // Without `ttl` the token would never expire.
        ("ttl", "3600", "null"),
    ];
    for (attribute, old, new) in cases {
        story.main(&before.replace(&format!("= {old}"), &format!("= {new}")));
        story
            .plan()
            .expect([(ADDRESS, "replace")])
            .replaced_by(ADDRESS, [attribute])
            .unknown(ADDRESS, "id")
            .unknown(ADDRESS, "token");
    }
}

#[test]
fn equal_arguments_of_a_token_plan_nothing() {
    let story = applied("description = \"kept\"");

    story.main(&token("token_type = \"read_write\""));
    story.expect_clean();
    story.main(&token("").replace("\"svc\"", "\"SVC\""));
    story.expect_clean();
    story.main(&token("keepers = {}"));
    story.apply();
    story.expect_clean();

    assert_eq!(story.text(ADDRESS, "description"), "kept");
    assert_eq!(story.text(ADDRESS, "username"), "svc");
    assert_eq!(story.live_tokens("svc"), [story.text(ADDRESS, "id")]);
}

#[test]
fn a_replaced_token_has_a_new_secret_and_the_old_one_is_revoked() {
    let story = applied("ttl = 3600");
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
}

#[test]
fn a_destroyed_token_is_revoked() {
    let story = applied("");

    story.destroy();

    assert_eq!(story.live_tokens("svc"), NOTHING);
    assert_eq!(story.addresses(), NOTHING);
}
