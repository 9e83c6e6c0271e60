resource "motherduck_service_account" "loader" {
  username = "nightly_loader"
}

# Never expires, and is replaced only when its keeper changes.
resource "motherduck_token" "loader" {
  username    = motherduck_service_account.loader.id
  name        = "nightly-load"
  description = "Minted by Terraform for the nightly load"

  keepers = {
    rotated_on = "2026-11-01"
  }

  lifecycle {
    # The new token exists before the old one is revoked.
    create_before_destroy = true
  }
}

# Lives for 30 days; any apply in its last 5 days replaces it.
resource "motherduck_token" "dashboard" {
  username               = motherduck_service_account.loader.id
  name                   = "dashboard"
  token_type             = "read_scaling"
  ttl                    = 30 * 24 * 3600
  early_rotation_seconds = 5 * 24 * 3600

  lifecycle {
    create_before_destroy = true
  }
}

output "loader_token" {
  value     = motherduck_token.loader.token
  sensitive = true
}
