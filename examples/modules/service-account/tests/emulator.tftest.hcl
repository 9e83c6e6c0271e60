# Against the emulator: MODULE=examples/modules/service-account examples/testing/run

variables {
  username            = "svc_module"
  deletion_protection = false
  tokens              = { loader = {} }
}

run "account_has_smallest_ducklings_and_a_token_of_90_days" {
  assert {
    condition     = output.username == "svc_module"
    error_message = "The account has another name."
  }

  assert {
    condition     = motherduck_ducklings.this[0].read_write.instance_size == "pulse" && motherduck_ducklings.this[0].read_scaling.flock_size == 0
    error_message = "The Ducklings are not the smallest."
  }

  assert {
    condition     = startswith(output.token_details["loader"].name, "loader-") && length(output.tokens["loader"]) > 0
    error_message = "The token has another name, or no secret."
  }

  assert {
    condition     = timecmp(output.token_details["loader"].expire_at, timeadd(motherduck_token.this["loader"].created_ts, "2160h")) == 0
    error_message = "The token does not expire after 90 days."
  }
}

run "added_token_does_not_replace_another" {
  variables {
    tokens = {
      loader = {}
      reader = { token_type = "read_scaling", days = 30, overlap_days = 7, description = "Dashboards" }
    }
    ducklings = { read_scaling = { instance_size = "standard", flock_size = 4, cooldown_seconds = 120 } }
    # In OpenTofu an assertion cannot refer to another run, but variables can.
    first_token_id = run.account_has_smallest_ducklings_and_a_token_of_90_days.token_details["loader"].id
  }

  assert {
    condition     = motherduck_token.this["reader"].read_only && !motherduck_token.this["loader"].read_only
    error_message = "The tokens have other types."
  }

  assert {
    condition     = motherduck_ducklings.this[0].read_write.instance_size == "pulse"
    error_message = "A block that is left out was changed."
  }

  assert {
    condition     = output.token_details["loader"].id == var.first_token_id
    error_message = "The loader's token was replaced."
  }
}

run "changed_keeper_replaces_the_token" {
  variables {
    tokens         = { loader = { keepers = { rotated = "2026-11-01" } } }
    first_token_id = run.account_has_smallest_ducklings_and_a_token_of_90_days.token_details["loader"].id
  }

  assert {
    condition     = output.token_details["loader"].id != var.first_token_id
    error_message = "The token was not replaced."
  }
}

run "null_ducklings_are_not_managed" {
  variables {
    ducklings = null
  }

  assert {
    condition     = length(motherduck_ducklings.this) == 0
    error_message = "The Ducklings are managed."
  }
}
