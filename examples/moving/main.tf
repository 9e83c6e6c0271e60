# main.tf
terraform {
  required_providers {
    motherduck = {
      # This was "motherduckdb/motherduck".
      source  = "motherduck-rs/motherduck"
      version = "~> 0.1"
    }
  }
}

# The resource type is the same as before, so no `moved` block is needed.
resource "motherduck_service_account" "loader" {
  username = "nightly_loader"
}

resource "motherduck_token" "loader" {
  username = motherduck_service_account.loader.id
  name     = "nightly-load"
  ttl      = 30 * 24 * 3600
}

moved {
  from = motherduck_access_token.loader
  to   = motherduck_token.loader
}

resource "motherduck_ducklings" "loader" {
  username = motherduck_service_account.loader.id

  read_write = {
    instance_size    = "jumbo"
    cooldown_seconds = 120
  }

  read_scaling = {
    instance_size = "pulse"
    flock_size    = 2
  }
}

moved {
  from = motherduck_duckling_config.loader
  to   = motherduck_ducklings.loader
}
