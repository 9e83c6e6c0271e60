//! The modules of `examples/modules` as a configuration calls them.

use serde_json::json;

use crate::support::{NOTHING, Story};

/// The number of tenants.
const TENANTS: usize = 12;

/// The number of tenants that are changed by one apply each, before one apply changes all others.
const CHANGED_ALONE: usize = 2;

/// Returns a configuration with `tenants` tenants, of which the first `grown` have larger Ducklings.
fn main(tenants: usize, grown: usize, deletion_protection: bool) -> String {
    format!(
        r#"
module "tenants" {{
  source = "./modules/tenants"

  tenants = {{
    for number in range({tenants}) : format("t%02d", number) => {{
      deletion_protection = {deletion_protection}
      size                = number < {grown} ? "standard" : "pulse"
    }}
  }}
}}

output "usernames" {{
  value = module.tenants.usernames
}}

output "tokens" {{
  value     = module.tenants.tokens
  sensitive = true
}}
"#
    )
}

#[test]
fn tenants_module_creates_changes_and_removes_tenants() {
    let story = Story::without_init(motherduck_emulator::Emulator::builder());
    story.copy("examples/modules", "modules");
    story.write_main(&main(TENANTS, 0, true));
    story.run(["init"]);

    story
        .apply()
        .assert_shows("Resources: 36 added, 0 changed, 0 destroyed")
        .assert_does_not_show("Warning:");
    story.expect_empty_plan();
    assert_eq!(story.service_accounts().len(), TENANTS);
    let output = story.run(["output", "-json"]).json();
    assert_eq!(output["usernames"]["value"]["t07"], "tenant_t07");
    let tokens = output["tokens"]["value"].as_object().unwrap();
    assert!(
        tokens
            .values()
            .all(|of| of["app"].as_str().is_some_and(|token| !token.is_empty()))
    );

    // A change of one tenant sends requests to one account.
    let put = |number: usize| format!("PUT /v1/users/tenant_t{number:02}/instances 200");
    for grown in 1..=CHANGED_ALONE {
        story.write_main(&main(TENANTS, grown, true));
        story.clear_requests();
        story
            .run(["apply", "-auto-approve", "-refresh=false"])
            .assert_shows("Resources: 0 added, 1 changed, 0 destroyed");
        assert_eq!(story.writes(), [put(grown - 1)]);
    }
    // Then all other tenants are changed.
    story.write_main(&main(TENANTS, TENANTS, true));
    story.clear_requests();
    story
        .run(["apply", "-auto-approve", "-refresh=false", "-parallelism=1"])
        .assert_shows("Resources: 0 added, 10 changed, 0 destroyed");
    let mut writes = story.writes();
    writes.sort();
    assert_eq!(writes, (CHANGED_ALONE..TENANTS).map(put).collect::<Vec<_>>());
    let sizes = |username: &str| story.account(username)["ducklings"]["read_write"].clone();
    assert_eq!(
        sizes("tenant_t11"),
        json!({ "instance_size": "standard", "cooldown_seconds": 60 })
    );

    // Removing the line of a tenant does not delete it.
    story.write_main(&main(TENANTS - 1, TENANTS, true));
    story.clear_requests();
    story
        .run_fails(["plan"])
        .assert_shows("Service account \"tenant_t11\" is protected from deletion");
    assert_eq!(story.writes(), NOTHING);

    story.write_main(&main(TENANTS, TENANTS, false));
    story
        .apply()
        .assert_shows("Resources: 0 added, 12 changed, 0 destroyed");
    story.write_main(&main(TENANTS - 1, TENANTS, false));
    story
        .apply()
        .assert_shows("Resources: 0 added, 0 changed, 3 destroyed")
        .assert_does_not_show("Warning:");
    assert!(!story.service_accounts().contains(&"tenant_t11".to_owned()));

    story.write_main(&main(0, 0, false));
    story
        .apply()
        .assert_shows("Resources: 0 added, 0 changed, 33 destroyed")
        .assert_does_not_show("Warning:");
    assert_eq!(story.service_accounts(), NOTHING);
    assert_eq!(story.addresses(), NOTHING);
}
