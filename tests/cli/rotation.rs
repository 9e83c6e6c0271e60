//! Replacement of tokens: by request, by `early_rotation_seconds`, and after `expire_at`.

use crate::support::{Story, TOKEN, block, resource};

/// A token of an account that Terraform does not manage.
fn token(arguments: &str) -> String {
    resource(
        TOKEN,
        &format!("username = \"svc\"\nname = \"loader\"\n{arguments}"),
    )
}

/// A token with `name_prefix`, so that the new one can be created before the old one is destroyed.
fn prefixed(arguments: &str) -> String {
    let lifecycle = block("lifecycle", "create_before_destroy = true");
    resource(
        TOKEN,
        &format!("username = \"svc\"\nname_prefix = \"loader-\"\n{arguments}\n{lifecycle}"),
    )
}

/// The same with `keepers`.
fn new_before_old(keeper: &str) -> String {
    prefixed(&format!("keepers = {{ rotated = {keeper:?} }}"))
}

#[test]
fn replace_option_taint_and_replace_triggered_by_replace_a_token() {
    let main = |value: &str| {
        token(&block(
            "lifecycle",
            "replace_triggered_by = [terraform_data.rotation]",
        )) + &resource("terraform_data.rotation", &format!("input = {value:?}"))
    };
    let story = Story::new(&main("one"));
    story.create_account("svc");
    story.apply();
    let mut secrets = vec![story.attribute(TOKEN, "token")];

    story
        .plan_with(["-replace=motherduck_token.loader"])
        .expect([(TOKEN, "replace")])
        .unknown(TOKEN, "token");
    story.apply_saved_plan();
    secrets.push(story.attribute(TOKEN, "token"));

    story.run(["taint", TOKEN]);
    story.plan().expect([(TOKEN, "replace")]);
    story.apply_saved_plan();
    secrets.push(story.attribute(TOKEN, "token"));

    story.write_main(&main("two"));
    story
        .plan()
        .expect([(TOKEN, "replace"), ("terraform_data.rotation", "update")]);
    story.apply_saved_plan();
    secrets.push(story.attribute(TOKEN, "token"));

    secrets.sort();
    secrets.dedup();
    assert_eq!(secrets.len(), 4, "each time it is another token");
    assert_eq!(story.live_tokens("svc"), [story.attribute(TOKEN, "id")]);
    story.expect_empty_plan();
}

#[test]
fn create_before_destroy_creates_the_new_token_first() {
    let main = |keeper: &str| {
        new_before_old(keeper) + &resource("terraform_data.job", "input = motherduck_token.loader.id")
    };
    let story = Story::new(&main("one"));
    story.create_account("svc");
    story.apply();
    let old = story.attribute(TOKEN, "id");
    story.write_main(&main("two"));
    story.clear_requests();

    story
        .plan()
        .expect([(TOKEN, "replace, new first"), ("terraform_data.job", "update")]);
    story.apply_saved_plan();

    assert_eq!(
        story.writes(),
        [
            "POST /v1/users/svc/tokens 200".to_owned(),
            format!("DELETE /v1/users/svc/tokens/{old} 200")
        ]
    );
    assert_eq!(
        story.attribute("terraform_data.job", "output"),
        story.attribute(TOKEN, "id")
    );
    assert_eq!(story.live_tokens("svc"), [story.attribute(TOKEN, "id")]);
    story.expect_empty_plan();
}

#[test]
fn fixed_name_with_create_before_destroy_is_an_error() {
    let main = |keeper: &str| {
        let keepers = format!("keepers = {{ rotated = {keeper:?} }}\n");
        token(&(keepers + &block("lifecycle", "create_before_destroy = true")))
    };
    let story = Story::new(&main("one"));
    story.create_account("svc");
    story.apply();
    let old = story.attribute(TOKEN, "id");
    story.write_main(&main("two"));

    story
        .apply_fails()
        .assert_shows("\"svc\" has a token named \"loader\" already")
        .assert_shows("`name_prefix`")
        .assert_shows(&format!("svc/{old}"));

    assert_eq!(story.attribute(TOKEN, "id"), old);
    assert_eq!(story.live_tokens("svc"), [old]);
    // The name in the state becomes `name_prefix` in place, and the rotation succeeds.
    story.write_main(&new_before_old("two").replace("loader-", "loader"));
    story.plan().expect([(TOKEN, "replace, new first")]);
    story.apply_saved_plan();
    assert_eq!(story.live_tokens("svc"), [story.attribute(TOKEN, "id")]);
    story.expect_empty_plan();
}

#[test]
fn early_rotation_leaves_the_old_token_valid_until_it_expires() {
    let main = prefixed("ttl = 3600\nearly_rotation_seconds = 600\nrevoke_on_destroy = false");
    let story = Story::new(&main);
    story.create_account("svc");
    story.apply();
    let old = story.attribute(TOKEN, "id");
    story.emulator().advance_clock(3000).unwrap();
    story.clear_requests();

    story
        .plan()
        .expect([(TOKEN, "replace, new first")])
        .replaced_by(TOKEN, ["ready_for_rotation"]);
    story.apply_saved_plan();

    // The old token is not in the state and still valid.
    assert_eq!(story.writes(), ["POST /v1/users/svc/tokens 200"]);
    let new = story.attribute(TOKEN, "id");
    assert_ne!(new, old);
    let mut live = story.live_tokens("svc");
    live.sort();
    let mut both = [old.clone(), new.clone()];
    both.sort();
    assert_eq!(live, both);
    assert!(!story.state().to_string().contains(&old));
    story.expect_empty_plan();

    story.emulator().advance_clock(300).unwrap();
    assert_eq!(story.live_tokens("svc").len(), 2);
    story.emulator().advance_clock(300).unwrap();
    assert_eq!(story.live_tokens("svc"), [new]);
    story.expect_empty_plan();

    // A token that is not rotated in time expires. The plan then creates another one without a warning.
    story.emulator().advance_clock(3600).unwrap();
    story
        .plan()
        .expect([(TOKEN, "create")])
        .outcome()
        .assert_does_not_show("Warning:");
}

#[test]
fn replacement_uses_revoke_on_destroy_of_the_state_with_a_warning() {
    let main = |revoke: bool, keeper: &str| {
        prefixed(&format!(
            "ttl = 3600\nrevoke_on_destroy = {revoke}\nkeepers = {{ rotated = {keeper:?} }}"
        ))
    };
    let story = Story::new(&main(true, "one"));
    story.create_account("svc");
    story.apply();
    let old = story.attribute(TOKEN, "id");

    story.write_main(&main(false, "two"));
    story
        .apply()
        .assert_shows("A replacement uses `revoke_on_destroy` of the state");
    assert!(!story.live_tokens("svc").contains(&old));

    story.write_main(&main(false, "three"));
    story.apply().assert_does_not_show("Warning:");
    assert_eq!(story.live_tokens("svc").len(), 2);
}
