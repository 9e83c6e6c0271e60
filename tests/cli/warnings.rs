//! The number of warnings stays small with many resources.

use crate::support::{NOTHING, Story};

/// Fifty tenants with four resources each.
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

fn warnings(printed: &str) -> usize {
    printed.matches("Warning:").count()
}

#[test]
fn fifty_tenants_are_destroyed_with_at_most_two_warnings() {
    let story = Story::new(TENANTS);
    story.apply().hides("Warning:");

    let destroyed = story.destroy();
    destroyed
        .shows("200 destroyed")
        .shows("Ducklings are left as they are")
        .shows("does not matter if the account is deleted too");
    let count = warnings(destroyed.words());
    assert!(
        (1..=2).contains(&count),
        "{count} warnings in {}",
        destroyed.words()
    );
    assert_eq!(story.addresses(), NOTHING);
}

#[test]
fn two_hundred_objects_that_are_gone_make_at_most_four_warnings() {
    let mut story = Story::new(TENANTS);
    story.apply();
    // The address of another organization without any of these objects.
    let other = Story::new("");
    story.set("MOTHERDUCK_API_BASE_URL", other.emulator().url());

    let plan = story.plan();
    assert_eq!(plan.changes().len(), 200);
    plan.outcome()
        .shows(&other.emulator().url())
        .shows("api_base_url");
    let count = warnings(plan.outcome().words());
    assert!(
        (1..=4).contains(&count),
        "{count} warnings in {}",
        plan.outcome().words()
    );
}
