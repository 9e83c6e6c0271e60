//! The number of warnings stays small with many resources.

use crate::support::{NOTHING, Outcome, Story};

/// Fifty tenants of four resources each.
const TENANTS: &str = r#"
locals {
  tenants = toset([for number in range(50) : "tenant_${number}"])
}

resource "motherduck_service_account" "tenant" {
  for_each            = local.tenants
  username            = each.key
  deletion_protection = false
}

resource "motherduck_ducklings" "tenant" {
  for_each     = local.tenants
  username     = motherduck_service_account.tenant[each.key].id
  read_write   = { instance_size = "standard" }
  read_scaling = { instance_size = "pulse", flock_size = 1 }
}

resource "motherduck_token" "writer" {
  for_each = local.tenants
  username = motherduck_service_account.tenant[each.key].id
  name     = "writer"
}

resource "motherduck_token" "reader" {
  for_each   = local.tenants
  username   = motherduck_service_account.tenant[each.key].id
  name       = "reader"
  token_type = "read_scaling"
}
"#;

#[track_caller]
fn assert_at_most(limit: usize, outcome: &Outcome) {
    let count = outcome.words().matches("Warning:").count();
    assert!(
        (1..=limit).contains(&count),
        "{count} warnings in {}",
        outcome.words()
    );
}

#[test]
fn warnings_about_50_missing_tenants_are_combined() {
    let mut story = Story::new(TENANTS);
    let own = story.emulator().url();
    story.apply().assert_does_not_show("Warning:");

    // The address of another organization without any of these objects.
    let other = Story::new("");
    story.set("MOTHERDUCK_API_BASE_URL", other.emulator().url());
    let plan = story.plan();
    assert_eq!(plan.changes().len(), 200);
    plan.outcome()
        .assert_shows(&other.emulator().url())
        .assert_shows("api_base_url");
    assert_at_most(4, plan.outcome());

    story.set("MOTHERDUCK_API_BASE_URL", own);
    let destroyed = story.destroy();
    destroyed
        .assert_shows("200 destroyed")
        .assert_shows("Ducklings are left as they are")
        .assert_shows("does not matter if the account is deleted too");
    assert_at_most(2, &destroyed);
    assert_eq!(story.addresses(), NOTHING);
}
