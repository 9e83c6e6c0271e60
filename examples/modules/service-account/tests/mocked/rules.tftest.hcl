# Without an API and without a token, with Terraform 1.7 or newer: terraform test -test-directory=tests/mocked
# The path of the mocks is relative to the module.

mock_provider "motherduck" {
  source = "../../../mocks"
}

variables {
  username = "svc_module"
}

run "account_is_protected_and_has_no_token_by_default" {
  assert {
    condition     = motherduck_service_account.this.deletion_protection && length(motherduck_token.this) == 0
    error_message = "The defaults are not safe."
  }
}

run "overlap_days_set_early_rotation_seconds" {
  variables {
    tokens = { loader = { days = 30, overlap_days = 7 } }
  }

  assert {
    condition     = motherduck_token.this["loader"].early_rotation_seconds == 604800 && !motherduck_token.this["loader"].revoke_on_destroy
    error_message = "The old token is not valid for 7 more days."
  }

  assert {
    condition     = motherduck_token.this["loader"].name_prefix == "loader-" && output.tokens["loader"] == "mock-token"
    error_message = "The token has another name or secret."
  }
}

run "username_with_a_hyphen_is_an_error" {
  command = plan

  variables {
    username = "svc-module"
  }

  expect_failures = [var.username]
}

run "overlap_as_long_as_the_lifetime_is_an_error" {
  command = plan

  variables {
    tokens = { loader = { days = 14 } }
  }

  expect_failures = [var.tokens]
}

run "lifetime_of_more_than_a_year_is_an_error" {
  command = plan

  variables {
    tokens = { loader = { days = 366 } }
  }

  expect_failures = [var.tokens]
}

run "unknown_token_type_is_an_error" {
  command = plan

  variables {
    tokens = { loader = { token_type = "admin" } }
  }

  expect_failures = [var.tokens]
}

run "cooldown_with_pulse_is_an_error" {
  command = plan

  variables {
    ducklings = { read_write = { instance_size = "pulse", cooldown_seconds = 60 } }
  }

  expect_failures = [var.ducklings]
}

run "ducklings_without_a_block_are_an_error" {
  command = plan

  variables {
    ducklings = {}
  }

  expect_failures = [var.ducklings]
}

run "flock_of_more_than_64_is_an_error" {
  command = plan

  variables {
    ducklings = { read_scaling = { instance_size = "pulse", flock_size = 65 } }
  }

  expect_failures = [var.ducklings]
}
