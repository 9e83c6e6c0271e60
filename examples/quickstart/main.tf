# Two service accounts of a small analytics stack, with their Ducklings and one token each: a loader that writes,
# and dashboards that read from a flock of read scaling Ducklings.
#
# Apply it to the emulator with `cargo demo`. In an organization of yours, with the provider installed as README.md
# says:
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

  # Deleting an account deletes its data with it, so a plan that would do so is refused as long as the protection is
  # on, which it is by default. These accounts are made to be thrown away: leave the lines out for yours.
  # checkov:skip=CKV2_MOTHERDUCK_2:These accounts are made to be thrown away.
  deletion_protection = false
}

resource "motherduck_ducklings" "this" {
  for_each = local.accounts

  # The id, not the username: what is known only after the account's creation waits for it.
  username     = motherduck_service_account.this[each.key].id
  read_write   = each.value.read_write
  read_scaling = each.value.read_scaling

  # A destroy puts back what was there before. Without it, the destroy warns that the Ducklings stay as they are.
  restore_on_destroy = true
}

# Expires after 90 days. From the 14th day before that on, the next plan replaces it: the new token is created first,
# under a name of its own, and the old one stays valid until it expires, so that the loads can change over.
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

# Is replaced in the same way, and whenever a keeper changes. The old token is revoked right after the new one exists.
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
