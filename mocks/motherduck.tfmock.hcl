# Invented values of computed attributes, for `terraform test` without an API and without a token.
#
#   mock_provider "motherduck" {
#     source = "./mocks" # the folder of this file, from the module's own
#   }
#
# If `source` is not supported, as in OpenTofu, copy the blocks into the `mock_provider` block.
#
# A mock does not plan: nothing is refused, protected or rotated, and the values are the same for every resource. Lists
# of objects are empty, because mocks have no values for them; therefore `motherduck_tokens`, `motherduck_users` and
# `motherduck_active_accounts` are missing here. Use the emulator to test them.

mock_resource "motherduck_service_account" {
  defaults = {
    id                  = "svc_mock"
    deletion_protection = true
  }
}

mock_resource "motherduck_token" {
  defaults = {
    id                 = "00000000-0000-4000-8000-000000000001"
    name               = "mock-20260101000000-0001"
    description        = "invented by a mock"
    token              = "mock-token"
    token_type         = "read_write"
    ttl                = 86400
    created_ts         = "2026-01-01T00:00:00Z"
    expire_at          = "2026-01-02T00:00:00Z"
    read_only          = false
    ready_for_rotation = false
    revoke_on_destroy  = true
  }
}

mock_resource "motherduck_ducklings" {
  defaults = {
    id = "svc_mock"
    read_write = {
      instance_size    = "standard"
      cooldown_seconds = 300
    }
    read_scaling = {
      instance_size    = "standard"
      flock_size       = 4
      cooldown_seconds = 300
    }
    restore_on_destroy = false
  }
}

mock_data "motherduck_service_account" {
  defaults = {
    id = "svc_mock"
    read_write = {
      instance_size    = "standard"
      cooldown_seconds = 300
    }
    read_scaling = {
      instance_size    = "standard"
      flock_size       = 4
      cooldown_seconds = 300
    }
  }
}

mock_data "motherduck_ducklings" {
  defaults = {
    read_write = {
      instance_size    = "standard"
      cooldown_seconds = 300
    }
    read_scaling = {
      instance_size    = "standard"
      flock_size       = 4
      cooldown_seconds = 300
    }
  }
}
