# Two service accounts of a small analytics stack, with their Ducklings and one token each: a loader that writes,
# and dashboards that read from a flock of read scaling Ducklings.
#
# Apply it to the emulator with `cargo demo`, or to an organization of yours, with the provider installed as in
# README.md:
#
#   export MOTHERDUCK_ADMIN_TOKEN=...    # a read/write token of an Admin
#   terraform init && terraform apply
#   terraform output -raw loader_token

locals {
  accounts = {
    loader = {
      read_write   = { instance_size = "standard", cooldown_seconds = 300 }
      read_scaling = { instance_size = "pulse", flock_size = 0 }
    }
    dashboards = {
      read_write   = { instance_size = "pulse", cooldown_seconds = null }
      read_scaling = { instance_size = "pulse", flock_size = 4 }
    }
  }
}

resource "motherduck_service_account" "this" {
  for_each = local.accounts

  username = "analytics_${each.key}"

  # Deleting an account deletes its data with it, so a plan that would do so is refused while
  # `deletion_protection` is true, which is the default. These accounts are disposable: omit the line for yours.
  # checkov:skip=CKV2_MOTHERDUCK_2:These accounts are disposable.
  deletion_protection = false
}

resource "motherduck_ducklings" "this" {
  for_each = local.accounts

  # The id, not the username: it is known only after the account's creation, so the Ducklings wait for it.
  username     = motherduck_service_account.this[each.key].id
  read_write   = each.value.read_write
  read_scaling = each.value.read_scaling

  # A destroy restores the earlier configuration. Without this, it warns that the Ducklings stay as they are.
  restore_on_destroy = true
}

# Expires after 90 days. From the 14th day before that on, the next plan replaces it: the new token is created first,
# with a unique name, and the old one stays valid until it expires, so that the loads can change over.
resource "motherduck_token" "loader" {
  username               = motherduck_service_account.this["loader"].id
  name_prefix            = "loader-"
  description            = "Nightly loads into the warehouse"
  ttl                    = 90 * 24 * 60 * 60
  early_rotation_seconds = 14 * 24 * 60 * 60
  revoke_on_destroy      = false

  lifecycle {
    create_before_destroy = true
  }
}

# Replaced in the same way, and whenever a keeper changes. The old token is revoked right after the new one is created.
resource "motherduck_token" "dashboards" {
  username               = motherduck_service_account.this["dashboards"].id
  name_prefix            = "dashboards-"
  token_type             = "read_scaling"
  ttl                    = 90 * 24 * 60 * 60
  early_rotation_seconds = 14 * 24 * 60 * 60

  keepers = {
    rotated = "2026-11-01"
  }

  lifecycle {
    create_before_destroy = true
  }
}
