//! Identities: they are stored with the state and sufficient for an import.

use std::fs;

use serde_json::{Value, json};

use crate::support::{ACCOUNT, DUCKLINGS, Feature, NOTHING, Story, TOKEN, all_resources, block, example};

/// The last Terraform version without identities.
const BEFORE: &str = "1.11.4";

/// Returns one resource of each type, all for the account `svc`.
fn main_tf() -> String {
    all_resources(
        "username = \"svc\"\ndeletion_protection = false",
        "name = \"loader\"\nttl = 3600",
        "read_write = { instance_size = \"standard\" }",
    )
}

/// Returns an `import` block with an identity.
fn import_by(to: &str, identity: &Value) -> String {
    let members = identity.as_object().unwrap().iter();
    let members: Vec<String> = members.map(|(name, value)| format!("{name} = {value}")).collect();
    block(
        "import",
        &format!("to = {to}\nidentity = {{\n{}\n}}", members.join("\n")),
    )
}

/// Returns the identities in the state by address; null for an object without one.
fn identities(story: &Story) -> Value {
    let state = fs::read(story.path("terraform.tfstate")).unwrap();
    let state: Value = serde_json::from_slice(&state).unwrap();
    let resources = state["resources"].as_array().unwrap().iter();
    resources
        .map(|resource| {
            let address = format!("{}.{}", resource["type"], resource["name"]).replace('"', "");
            (address, resource["instances"][0]["identity"].clone())
        })
        .collect::<serde_json::Map<_, _>>()
        .into()
}

#[test]
fn identity_is_stored_on_create_and_unchanged_by_update() {
    let story = Story::since(Feature::Identity, &main_tf());

    story
        .plan()
        .expect([(DUCKLINGS, "create"), (ACCOUNT, "create"), (TOKEN, "create")])
        .outcome()
        .assert_shows("Plan: 3 to add");
    story.apply_saved_plan();

    let id = story.attribute(TOKEN, "id");
    let expected = json!({
        ACCOUNT: { "username": "svc" },
        TOKEN: { "username": "svc", "id": id },
        DUCKLINGS: { "username": "svc" },
    });
    assert_eq!(identities(&story), expected);
    story.write_main(&main_tf().replace("standard", "jumbo"));
    story.apply();
    story.run(["apply", "-auto-approve", "-refresh-only"]);
    assert_eq!(identities(&story), expected);

    // Another letter case is the same account; another id is another token.
    story.write_main(
        &main_tf()
            .replace("\"svc\"\n", "\"SVC\"\n")
            .replace("= 3600", "= 7200"),
    );
    story.plan().expect([(DUCKLINGS, "update"), (TOKEN, "replace")]);
    story.apply_saved_plan();
    let new_id = story.attribute(TOKEN, "id");
    assert_ne!(new_id, id);
    assert_eq!(
        identities(&story)[TOKEN],
        json!({ "username": "svc", "id": new_id })
    );
    story.destroy();
    assert_eq!(story.addresses(), NOTHING);
}

#[test]
fn import_by_identity_imports_all_types_without_a_write() {
    let story = Story::since(Feature::Identity, "");
    story.create_account("svc");
    let id = story.create_token("svc", &json!({ "name": "loader", "ttl": 3600 }));
    let main = main_tf().replace("\ndeletion_protection = false", "");
    story.write_main(
        &[
            main,
            import_by(ACCOUNT, &json!({ "username": "svc" })),
            import_by(TOKEN, &json!({ "username": "svc", "id": id })),
            import_by(DUCKLINGS, &json!({ "username": "svc" })),
        ]
        .concat(),
    );

    story
        .plan()
        .expect([(DUCKLINGS, "import"), (ACCOUNT, "import"), (TOKEN, "import")]);
    story.apply_saved_plan();

    assert_eq!(story.writes(), NOTHING);
    assert_eq!(identities(&story)[TOKEN], json!({ "username": "svc", "id": id }));
    story.expect_empty_plan();
}

#[test]
fn refresh_adds_identities_to_an_older_state() {
    let story = Story::since(Feature::Identity, &main_tf());
    story.run_with_version(BEFORE, ["apply", "-auto-approve"]);
    let before = identities(&story);
    assert_eq!(before, json!({ ACCOUNT: null, TOKEN: null, DUCKLINGS: null }));

    story.expect_empty_plan();
    story.run(["apply", "-auto-approve", "-refresh-only"]);

    let id = story.attribute(TOKEN, "id");
    assert_eq!(
        identities(&story),
        json!({
            ACCOUNT: { "username": "svc" },
            TOKEN: { "username": "svc", "id": id },
            DUCKLINGS: { "username": "svc" },
        })
    );
    story.expect_empty_plan();
}

#[test]
fn identity_import_examples_plan_only_imports() {
    let story = Story::since(Feature::Identity, "");
    let id = "3fa85f64-5717-4562-b3fc-2c963f66afa6";
    let user = json!({
        "username": "nightly_loader", "is_service_account": true,
        "tokens": [{ "id": id, "name": "nightly-load" }],
    });
    story.emulator().seed(&json!({ "users": [user] })).unwrap();
    let types = [
        "motherduck_ducklings",
        "motherduck_service_account",
        "motherduck_token",
    ];
    for type_name in types {
        let text = example(&format!("resources/{type_name}/import-by-identity.tf"));
        story.write(&format!("{type_name}.tf"), &text);
    }

    let plan = story.plan_with(["-generate-config-out=generated.tf"]);

    let addresses = types.map(|type_name| format!("{type_name}.loader"));
    plan.expect(addresses.each_ref().map(|address| (address.as_str(), "import")));
}
