# A module as a team might have one: a service account for a data pipeline, its Ducklings, and a token that is replaced in time.
# What is of interest here is how it is tested, without an organization: see `run` and tests/.

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

  # A destroy puts back what was there before. Without it, the destroy warns that the Ducklings stay as they are.
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
