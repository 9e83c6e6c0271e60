//! Imports: by command, by `import` block, and with generated configuration.

use serde_json::json;

use crate::support::{NOTHING, Story, import, resource};

const ACCOUNT: &str = "motherduck_service_account.svc";
const TOKEN: &str = "motherduck_token.loader";
const DUCKLINGS: &str = "motherduck_ducklings.svc";

const ACCOUNT_MAIN: &str = r#"
resource "motherduck_service_account" "svc" {
  username = "svc"
}
"#;

fn token(arguments: &str) -> String {
    resource(
        TOKEN,
        &format!("username = \"svc\"\nname = \"loader\"\n{arguments}"),
    )
}

fn ducklings(arguments: &str) -> String {
    resource(DUCKLINGS, &format!("username = \"svc\"\n{arguments}"))
}

/// A story in which the account `svc` already exists.
#[track_caller]
fn story(main: &str) -> Story {
    let story = Story::new(main);
    story.outside_account("svc");
    story
}

#[test]
fn an_account_is_imported_by_its_username_and_is_protected() {
    let story = story(ACCOUNT_MAIN);

    story.run(["import", ACCOUNT, "svc"]);

    assert_eq!(
        story.resource(ACCOUNT),
        json!({ "username": "svc", "deletion_protection": true, "id": "svc" })
    );
    assert_eq!(story.writes(), NOTHING);
    story.expect_clean();
}

#[test]
fn a_token_is_imported_without_its_secret() {
    let story = story(&token("ttl = 3600"));
    let id = story.outside_token(
        "svc",
        &json!({ "name": "loader", "ttl": 3600, "description": "by hand" }),
    );

    story.run(["import", TOKEN, &format!("svc/{id}")]);

    let state = story.resource(TOKEN);
    assert_eq!(
        json!([state["id"], state["token"], state["ttl"], state["description"]]),
        json!([id, null, 3600, "by hand"])
    );
    story.expect_clean();

    // The first `ttl` is close to the computed one, and the second one is too far from it.
    story.main(&token("ttl = 3595"));
    story.expect_clean();
    story.main(&token("ttl = 3594"));
    story
        .plan()
        .expect([(TOKEN, "replace")])
        .replaced_by(TOKEN, ["ttl"]);
    // Without the argument the value is kept, because it was never configured.
    story.main(&token(""));
    story.expect_clean();
}

#[test]
fn a_token_that_never_expires_is_imported_without_a_life() {
    let story = story(&token(""));
    let id = story.outside_token("svc", &json!({ "name": "loader", "token_type": "read_scaling" }));
    story.main(&token("token_type = \"read_scaling\""));

    story.run(["import", TOKEN, &format!("svc/{id}")]);

    let state = story.resource(TOKEN);
    assert_eq!(
        json!([state["ttl"], state["expire_at"], state["read_only"]]),
        json!([null, null, true])
    );
    story.expect_clean();
}

#[test]
fn the_first_keepers_of_an_imported_token_are_only_written_down() {
    let story = story(&token("keepers = { rotated = \"one\" }"));
    let id = story.outside_token("svc", &json!({ "name": "loader" }));
    story.run(["import", TOKEN, &format!("svc/{id}")]);

    story.plan().expect([(TOKEN, "update")]);
    story.apply_saved_plan();
    assert_eq!(story.live_tokens("svc"), [id]);
    story.expect_clean();

    story.main(&token("keepers = { rotated = \"two\" }"));
    story
        .plan()
        .expect([(TOKEN, "replace")])
        .replaced_by(TOKEN, ["keepers"]);
}

#[test]
fn ducklings_are_imported_by_username() {
    let story = story(&ducklings(
        "read_write = { instance_size = \"mega\", cooldown_seconds = 301 }",
    ));
    story.outside_ducklings(
        "svc",
        &json!({ "instance_size": "mega", "cooldown_seconds": 301 }),
        &json!({ "instance_size": "pulse", "flock_size": 4 }),
    );

    story.run(["import", DUCKLINGS, "svc"]);

    assert_eq!(
        story.resource(DUCKLINGS),
        json!({
            "username": "svc", "id": "svc", "restore_on_destroy": false,
            "read_write": { "instance_size": "mega", "cooldown_seconds": 301 },
            "read_scaling": { "instance_size": "pulse", "flock_size": 4, "cooldown_seconds": null },
        })
    );
    story.expect_clean();
}

#[test]
fn import_blocks_take_over_everything_of_an_account_at_once() {
    let story = story("");
    let id = story.outside_token("svc", &json!({ "name": "loader", "ttl": 86400 }));
    story.main(
        &[
            ACCOUNT_MAIN,
            &token("ttl = 86400"),
            &ducklings("read_write = { instance_size = \"standard\" }"),
            &import(ACCOUNT, "svc"),
            &import(TOKEN, &format!("svc/{id}")),
            &import(DUCKLINGS, "svc"),
        ]
        .concat(),
    );

    story
        .plan()
        .expect([(DUCKLINGS, "import"), (ACCOUNT, "import"), (TOKEN, "import")]);
    story.forget();
    story.apply_saved_plan();

    assert_eq!(story.writes(), NOTHING);
    assert_eq!(story.addresses(), [DUCKLINGS, ACCOUNT, TOKEN]);
    story.expect_clean();
}

#[test]
fn a_generated_configuration_plans_clean() {
    let story = story("");
    story.outside_account("sized");
    let lasting = story.outside_token(
        "svc",
        &json!({ "name": "lasting", "description": "a \"quoted\" ${word}" }),
    );
    let ending = story.outside_token(
        "svc",
        &json!({ "name": "ending", "ttl": 3600, "token_type": "read_scaling" }),
    );
    story.outside_ducklings(
        "sized",
        &json!({ "instance_size": "jumbo", "cooldown_seconds": 77 }),
        &json!({ "instance_size": "standard", "flock_size": 2, "cooldown_seconds": 88 }),
    );
    let imports = [
        ("motherduck_service_account.svc", "svc".to_owned()),
        ("motherduck_token.lasting", format!("svc/{lasting}")),
        ("motherduck_token.ending", format!("svc/{ending}")),
        ("motherduck_ducklings.pulse", "svc".to_owned()),
        ("motherduck_ducklings.sized", "sized".to_owned()),
    ];
    let blocks = imports.iter().map(|(to, id)| import(to, id));
    story.main(&blocks.collect::<String>());

    story.plan_with(["-generate-config-out=generated.tf"]).expect([
        ("motherduck_ducklings.pulse", "import"),
        ("motherduck_ducklings.sized", "import"),
        ("motherduck_service_account.svc", "import"),
        ("motherduck_token.ending", "import"),
        ("motherduck_token.lasting", "import"),
    ]);
    story.run(["validate"]);
    story.forget();
    story.apply();

    assert_eq!(story.writes(), NOTHING);
    story.expect_clean();
    // The plan is also empty without the import blocks.
    story.main("");
    story.expect_clean();
}

#[test]
fn a_username_in_another_letter_case_imports_the_same_account() {
    let story = story(ACCOUNT_MAIN);

    story.run(["import", ACCOUNT, "SVC"]);

    story.expect_clean();
}

#[test]
fn absent_objects_are_not_imported() {
    let story = story(
        &[
            ACCOUNT_MAIN,
            &token(""),
            &ducklings("read_write = { instance_size = \"pulse\" }"),
        ]
        .concat(),
    );
    let id = "3fa85f64-5717-4562-b3fc-2c963f66afa6";

    story
        .fail(["import", ACCOUNT, "nobody"])
        .shows("There is no service account \"nobody\"");
    story
        .fail(["import", DUCKLINGS, "nobody"])
        .shows("There is no account \"nobody\"");
    story
        .fail(["import", TOKEN, &format!("svc/{id}")])
        .shows(&format!("There is no token \"{id}\" of \"svc\""));
    story
        .fail(["import", TOKEN, &format!("nobody/{id}")])
        .shows("There is no user \"nobody\"");
    assert_eq!(story.addresses(), NOTHING);
}
