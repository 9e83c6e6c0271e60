//! Commands that do not call the API need no token. The errors of other commands name the settings.

use crate::support::{ACCOUNT, NOTHING, Story, resource};

#[test]
fn commands_without_requests_need_no_token() {
    let mut story = Story::new(&resource(ACCOUNT, "username = \"1st\""));
    story.set("MOTHERDUCK_ADMIN_TOKEN", " ");

    story
        .run_fails(["validate"])
        .assert_shows("must start with a letter");
    story.write_main(&resource(ACCOUNT, "username = \"svc\""));
    story.run(["validate"]).assert_shows("Success!");
    let schemas = story.run(["providers", "schema", "-json"]).json();
    let provider = &schemas["provider_schemas"][story.address_of("motherduck-rs/motherduck")];
    let described = &provider["resource_schemas"]["motherduck_token"]["block"];
    assert_eq!(described["description_kind"], "markdown");
    assert_eq!(described["attributes"]["token"]["sensitive"], true);
    story.plan().expect([(ACCOUNT, "create")]);
    let refused = story.apply_fails();
    for place in ["`admin_token`", "MOTHERDUCK_ADMIN_TOKEN", "MOTHERDUCK_TOKEN"] {
        refused.assert_shows(place);
    }
    assert_eq!(story.requests(), NOTHING);

    // The error names the source of a refused token and does not contain the token.
    story.set("MOTHERDUCK_ADMIN_TOKEN", "not-the-right-secret");
    story
        .apply_fails()
        .assert_shows("Service account \"svc\" could not be created")
        .assert_shows("401")
        .assert_shows("Set `admin_token` in the provider block, or MOTHERDUCK_ADMIN_TOKEN or MOTHERDUCK_TOKEN in the environment")
        .assert_does_not_show("not-the-right-secret");
}
