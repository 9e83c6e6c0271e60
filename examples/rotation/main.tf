# main.tf
locals {
  day = 24 * 60 * 60

  ttl            = 90 * local.day
  rotation_early = 14 * local.day
}

resource "motherduck_service_account" "etl" {
  username = "nightly_etl"
}

# In its last 14 days a plan replaces the token: the new one is created first, with a unique name, and the old one stays
# valid until it expires.
resource "motherduck_token" "etl" {
  username               = motherduck_service_account.etl.id
  name_prefix            = "etl-"
  ttl                    = local.ttl
  early_rotation_seconds = local.rotation_early
  revoke_on_destroy      = false

  lifecycle {
    create_before_destroy = true
  }
}

output "etl_token" {
  value     = motherduck_token.etl.token
  sensitive = true
}
