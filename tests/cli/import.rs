//! Import by `import` block with generated configuration. `life_cycle/resources.rs` imports by command.

use serde_json::json;

use crate::support::{NOTHING, Story, import};

#[test]
fn plan_of_generated_configuration_is_empty_after_import() {
    let story = Story::new("");
    story.create_account("svc");
    story.create_account("sized");
    let permanent = story.create_token(
        "svc",
        &json!({ "name": "permanent", "description": "a \"quoted\" ${word}" }),
    );
    let temporary = story.create_token(
        "svc",
        &json!({ "name": "temporary", "ttl": 3600, "token_type": "read_scaling" }),
    );
    story.set_ducklings(
        "sized",
        &json!({ "instance_size": "jumbo", "cooldown_seconds": 77 }),
        &json!({ "instance_size": "standard", "flock_size": 2, "cooldown_seconds": 88 }),
    );
    let imports = [
        ("motherduck_service_account.svc", "svc".to_owned()),
        ("motherduck_token.permanent", format!("svc/{permanent}")),
        ("motherduck_token.temporary", format!("svc/{temporary}")),
        ("motherduck_ducklings.pulse", "svc".to_owned()),
        ("motherduck_ducklings.sized", "sized".to_owned()),
    ];
    let blocks = imports.iter().map(|(to, id)| import(to, id));
    story.write_main(&blocks.collect::<String>());

    story.plan_with(["-generate-config-out=generated.tf"]).expect([
        ("motherduck_ducklings.pulse", "import"),
        ("motherduck_ducklings.sized", "import"),
        ("motherduck_service_account.svc", "import"),
        ("motherduck_token.permanent", "import"),
        ("motherduck_token.temporary", "import"),
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
