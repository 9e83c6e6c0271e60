# An example module: a service account for a data pipeline, its Ducklings, and a token that is replaced before it expires.
# `run` and tests/ show how it is tested without an organization.

locals {
  day = 24 * 60 * 60
}

resource "motherduck_service_account" "pipeline" {
  username            = "${var.team}_pipeline"
  deletion_protection = var.deletion_protection
}

resource "motherduck_ducklings" "pipeline" {
  username     = motherduck_service_account.pipeline.id
  read_write   = { instance_size = var.size }
  read_scaling = { instance_size = "pulse", flock_size = var.readers }

  # A destroy restores the earlier configuration. Without this, it warns that the Ducklings stay as they are.
  restore_on_destroy = true
}

resource "motherduck_token" "pipeline" {
  username               = motherduck_service_account.pipeline.id
  name_prefix            = "pipeline-"
  ttl                    = var.token_days * local.day
  early_rotation_seconds = 14 * local.day

  lifecycle {
    create_before_destroy = true
  }
}
