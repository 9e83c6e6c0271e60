//! Import by `import` block, and with generated configuration. `life_cycle/resources.rs` imports by command.

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
    story.create_account("svc");
    story
}

#[test]
fn import_blocks_import_all_types_without_a_write() {
    let story = story("");
    let id = story.create_token("svc", &json!({ "name": "loader", "ttl": 86400 }));
    story.write_main(
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
    story.clear_requests();
    story.apply_saved_plan();

    assert_eq!(story.writes(), NOTHING);
    assert_eq!(story.addresses(), [DUCKLINGS, ACCOUNT, TOKEN]);
    assert_eq!(story.attributes(ACCOUNT)["deletion_protection"], true);
    // The API does not return the secret again.
    let token = story.attributes(TOKEN);
    assert_eq!(json!([token["id"], token["token"]]), json!([id, null]));
    story.expect_empty_plan();
}

#[test]
fn plan_of_generated_configuration_is_empty_after_import() {
    let story = story("");
    story.create_account("sized");
    let lasting = story.create_token(
        "svc",
        &json!({ "name": "lasting", "description": "a \"quoted\" ${word}" }),
    );
    let ending = story.create_token(
        "svc",
        &json!({ "name": "ending", "ttl": 3600, "token_type": "read_scaling" }),
    );
    story.set_ducklings(
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
    story.write_main(&blocks.collect::<String>());

    story.plan_with(["-generate-config-out=generated.tf"]).expect([
        ("motherduck_ducklings.pulse", "import"),
        ("motherduck_ducklings.sized", "import"),
        ("motherduck_service_account.svc", "import"),
        ("motherduck_token.ending", "import"),
        ("motherduck_token.lasting", "import"),
    ]);
    story.run(["validate"]);
    story.clear_requests();
    story.apply();

    assert_eq!(story.writes(), NOTHING);
    story.expect_empty_plan();
    // The plan is also empty without the import blocks.
    story.write_main("");
    story.expect_empty_plan();
}
