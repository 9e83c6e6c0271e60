//! Guides of the documentation with ephemeral values, each run with its own code.

use std::fs;

use motherduck_emulator::Emulator;
use serde_json::json;

use crate::support::{
    ADMIN_TOKEN, Feature, Guide, NOTHING, REQUIRED_PROVIDERS, SecondProvider, Story, resource,
};

fn story() -> Story {
    Story::since_without_init(Feature::Ephemeral, Emulator::builder())
}

#[test]
fn authentication_guide_runs_as_written() {
    let mut story = story();
    let mut guide = Guide::read("authentication");
    story.set("TF_VAR_motherduck_admin_token", ADMIN_TOKEN);

    guide.run_until(&mut story, "`MOTHERDUCK_TOKEN` is also a variable of DuckDB");
    // The plan with a variable needs no environment variable of the provider.
    story.set("MOTHERDUCK_ADMIN_TOKEN", "");
    story.expect_empty_plan();
    let text = fs::read_to_string(story.path("main.tf")).unwrap();
    assert!(text.contains("var.motherduck_admin_token"), "{text}");
    guide.run_until(&mut story, "What each operation needs");

    // The table says that an account without a role manages its own tokens and Ducklings and cannot create
    // accounts.
    let own = story.request("POST", "/v1/users/svc_etl/tokens", &json!({ "name": "own" }));
    story.set("MOTHERDUCK_TOKEN", own["token"].as_str().unwrap());
    story.write_main(
        &(resource(
            "motherduck_token.own",
            "username = \"svc_etl\"\nname = \"second\"\nttl = 3600",
        ) + &resource(
            "motherduck_ducklings.own",
            "username = \"svc_etl\"\nread_write = { instance_size = \"jumbo\" }",
        ) + "removed {\nfrom = motherduck_service_account.etl\nlifecycle {\ndestroy = false\n}\n}\n"),
    );
    story.write("versions.tf", REQUIRED_PROVIDERS);
    story.apply();
    for refused in [
        resource("motherduck_service_account.other", "username = \"other\""),
        "data \"motherduck_users\" \"all\" {}\n".to_owned(),
        "data \"motherduck_active_accounts\" \"all\" {}\n".to_owned(),
    ] {
        story.write("refused.tf", &refused);
        story.apply_fails().assert_shows("403");
    }
    // An Admin can list the tokens of a human member and cannot create any.
    story.set("MOTHERDUCK_ADMIN_TOKEN", ADMIN_TOKEN);
    let human =
        json!({ "username": "ada.lovelace", "is_service_account": false, "tokens": [{ "name": "laptop" }] });
    story.emulator().seed(&json!({ "users": [human] })).unwrap();
    story.write(
        "refused.tf",
        "data \"motherduck_tokens\" \"hers\" {\nusername = \"ada.lovelace\"\n}\n",
    );
    story.apply();
    story.write(
        "refused.tf",
        &resource(
            "motherduck_token.hers",
            "username = \"ada.lovelace\"\nname = \"mine\"\nttl = 3600",
        ),
    );
    story.apply_fails().assert_shows("403");
    // The role `explorer` can list users.
    let explorer = json!({ "username": "explorer", "is_service_account": true, "roles": ["explorer"] });
    story.emulator().seed(&json!({ "users": [explorer] })).unwrap();
    let own = story.request("POST", "/v1/users/explorer/tokens", &json!({ "name": "own" }));
    story.set("MOTHERDUCK_ADMIN_TOKEN", own["token"].as_str().unwrap());
    story.write_main("data \"motherduck_users\" \"all\" {}\n");
    story.write("refused.tf", "");
    story.run(["plan", "-refresh=false", "-target=data.motherduck_users.all"]);

    // Without any token.
    story.set("MOTHERDUCK_ADMIN_TOKEN", "");
    story.set("MOTHERDUCK_TOKEN", "");
    story.run(["validate"]);
    story
        .run_fails(["plan"])
        .assert_shows("No access token for the MotherDuck API");
    guide.run(&mut story);
}

#[test]
fn secrets_guide_runs_as_written() {
    let mut story = story();
    let mut guide = Guide::read("secrets");
    story.write_program(
        "load.sh",
        "#!/bin/sh\nprintf %s \"$motherduck_token\" > ../loaded\n",
    );

    guide.run_until(&mut story, "Tokens for one run");
    let secret = story.attribute("motherduck_token.etl", "token");
    assert_eq!(story.files_with(&secret), ["terraform.tfstate"]);
    story.run(["plan", "-out=saved.tfplan"]);
    let places = story.files_with(&secret);
    assert!(
        places.iter().any(|name| name.starts_with("saved.tfplan:")),
        "{places:?}"
    );
    fs::remove_file(story.path("saved.tfplan")).unwrap();

    let before = story.live_tokens("svc_etl");
    story.clear_requests();
    guide.run_until(&mut story, "Write-only arguments of other providers");
    // The program received the token, which is now revoked and stored nowhere.
    let ephemeral = fs::read_to_string(story.path("../loaded")).unwrap();
    assert!(ephemeral.len() > 20, "{ephemeral}");
    assert_eq!(story.files_with(&ephemeral), NOTHING);
    assert_eq!(story.live_tokens("svc_etl"), before);
    let (created, revoked) = story.created_and_revoked("svc_etl");
    assert!(
        created >= 1 && created == revoked,
        "{created} created, {revoked} revoked"
    );
    guide.run(&mut story);
}

#[test]
fn organizations_guide_runs_as_written() {
    let mut story = story();
    let staging = story.start_another_emulator(Emulator::builder().admin_token("of-staging"));
    story.set("MOTHERDUCK_ADMIN_TOKEN", "");
    story.set("TF_VAR_production_admin_token", ADMIN_TOKEN);
    story.set("TF_VAR_staging_admin_token", "of-staging");
    story.set("TF_VAR_staging_api_base_url", staging.url());
    let mut guide = Guide::read("organizations");

    guide.run_until(&mut story, "How the organizations are separated");
    assert_eq!(story.service_accounts(), ["svc_pipeline"]);
    assert!(staging.state().to_string().contains("svc_pipeline"));
    story.expect_empty_plan();

    // A resource without `provider` has no token.
    story.write(
        "forgotten.tf",
        &resource("motherduck_service_account.forgotten", "username = \"forgotten\""),
    );
    story
        .apply_fails()
        .assert_shows("No access token for the MotherDuck API");
    story.write("forgotten.tf", "");
    guide.run(&mut story);
}

#[test]
fn moving_guide_runs_beside_the_official_provider() {
    let mut story = story();
    let official = SecondProvider::official(&mut story, "nightly_loader");
    let mut guide = Guide::read("moving");
    guide.skip_until("Use both providers");

    guide.run_to_end(&mut story);
    let [database] = official.received().try_into().unwrap();
    assert_eq!((database.name.as_str(), database.is_valid), ("sales", true));
    assert_eq!(story.live_tokens("nightly_loader"), NOTHING);
    story.expect_empty_plan();
}
