//! Guides of the documentation, each played with its own code. Those that need a newer Terraform are in the folders
//! `since_…`.

use motherduck_emulator::Emulator;

use crate::support::{Guide, NOTHING, Story};

#[test]
fn getting_started() {
    let mut story = Story::without_init(Emulator::builder());
    let mut guide = Guide::read("getting-started").without([
        "git clone ",
        "cd ",
        "cargo xtask install",
        "cargo run --bin motherduck-emulator",
    ]);

    guide.play_until(&mut story, "Change it");
    assert_eq!(
        guide.last().stdout().trim(),
        story.text("motherduck_token.etl", "token"),
        "the output is the token"
    );
    guide.play_until(&mut story, "Remove it");
    assert_eq!(
        story.account("svc_etl")["ducklings"]["read_write"]["instance_size"],
        "jumbo"
    );
    guide.play(&mut story);
    assert_eq!(story.service_accounts(), NOTHING);
}

#[test]
fn one_account_for_each_tenant() {
    let mut story = Story::without_init(Emulator::builder());
    let mut guide = Guide::read("tenants");

    guide.play_until(&mut story, "Add and change");
    let token = story.text("motherduck_token.tenant[\"globex\"]", "id");
    guide.play_until(&mut story, "Remove");
    assert_eq!(
        story.service_accounts(),
        ["tenant_acme", "tenant_globex", "tenant_initech"]
    );
    // The others are not touched.
    assert_eq!(story.live_tokens("tenant_globex"), [token]);
    guide.play_until(&mut story, "Hundreds of tenants");
    assert_eq!(story.service_accounts(), ["tenant_acme", "tenant_initech"]);
    story.expect_clean();

    // What the guide says of a refresh: two requests for each tenant, and a token's account costs nothing more.
    story.forget();
    story.run(["plan"]);
    assert!(story.sent().len() <= 2 * 3, "{:?}", story.sent());
    guide.play(&mut story);
}
