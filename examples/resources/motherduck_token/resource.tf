resource "motherduck_service_account" "loader" {
  username = "nightly_loader"
}

# Expires after 30 days. Any apply in its last 5 days replaces it: the new token is created first, and the old one
# stays valid until it expires, so that consumers can change over without an interruption.
resource "motherduck_token" "loader" {
  username               = motherduck_service_account.loader.id
  name_prefix            = "nightly-load-"
  description            = "Created by Terraform for the nightly load"
  ttl                    = 30 * 24 * 3600
  early_rotation_seconds = 5 * 24 * 3600
  revoke_on_destroy      = false

  lifecycle {
    create_before_destroy = true
  }
}

# Replaced when its keeper changes. The old token is revoked as soon as the new one is created.
resource "motherduck_token" "dashboard" {
  username    = motherduck_service_account.loader.id
  name_prefix = "dashboard-"
  token_type  = "read_scaling"
  ttl         = 365 * 24 * 3600

  keepers = {
    rotated_on = "2026-11-01"
  }

  lifecycle {
    create_before_destroy = true
  }
}

output "loader_token" {
  value     = motherduck_token.loader.token
  sensitive = true
}
