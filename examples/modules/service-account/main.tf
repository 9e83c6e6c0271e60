# A service account with its Ducklings and its tokens.

locals {
  day = 24 * 60 * 60
}

resource "motherduck_service_account" "this" {
  username            = var.username
  deletion_protection = var.deletion_protection
}

resource "motherduck_ducklings" "this" {
  count = var.ducklings == null ? 0 : 1

  # The id, not the username: it is known only after the account's creation, so the Ducklings wait for it.
  username           = motherduck_service_account.this.id
  read_write         = var.ducklings.read_write
  read_scaling       = var.ducklings.read_scaling
  restore_on_destroy = var.restore_ducklings_on_destroy
}

resource "motherduck_token" "this" {
  for_each = var.tokens

  username               = motherduck_service_account.this.id
  name_prefix            = "${each.key}-"
  description            = each.value.description
  token_type             = each.value.token_type
  ttl                    = each.value.days * local.day
  early_rotation_seconds = each.value.overlap_days * local.day
  revoke_on_destroy      = each.value.revoke_on_destroy
  keepers                = each.value.keepers

  # The new token is created before the old one expires.
  lifecycle {
    create_before_destroy = true
  }
}
