# Without an API and without a token, with Terraform 1.7 or newer: terraform test -test-directory=tests/mocked
# The path of the mocks is relative to the module.

mock_provider "motherduck" {
  source = "../../../mocks"
}

variables {
  username = "svc_module"
}

run "is_protected_and_has_no_token_by_default" {
  assert {
    condition     = motherduck_service_account.this.deletion_protection && length(motherduck_token.this) == 0
    error_message = "The defaults are not safe."
  }
}

run "gives_each_token_an_overlap" {
  variables {
    tokens = { loader = { days = 30, overlap_days = 7 } }
  }

  assert {
    condition     = motherduck_token.this["loader"].early_rotation_seconds == 604800 && !motherduck_token.this["loader"].revoke_on_destroy
    error_message = "The old token is not valid for 7 more days."
  }

  assert {
    condition     = motherduck_token.this["loader"].name_prefix == "loader-" && output.tokens["loader"] == "mock-token"
    error_message = "The token is another one."
  }
}

run "refuses_a_username_that_no_account_can_have" {
  command = plan

  variables {
    username = "svc-module"
  }

  expect_failures = [var.username]
}

run "refuses_an_overlap_as_long_as_the_life" {
  command = plan

  variables {
    tokens = { loader = { days = 14 } }
  }

  expect_failures = [var.tokens]
}

run "refuses_a_life_of_more_than_a_year" {
  command = plan

  variables {
    tokens = { loader = { days = 366 } }
  }

  expect_failures = [var.tokens]
}

run "refuses_a_type_that_is_none" {
  command = plan

  variables {
    tokens = { loader = { token_type = "admin" } }
  }

  expect_failures = [var.tokens]
}

run "refuses_a_cooldown_with_pulse" {
  command = plan

  variables {
    ducklings = { read_write = { instance_size = "pulse", cooldown_seconds = 60 } }
  }

  expect_failures = [var.ducklings]
}

run "refuses_ducklings_without_a_block" {
  command = plan

  variables {
    ducklings = {}
  }

  expect_failures = [var.ducklings]
}

run "refuses_a_flock_that_is_too_large" {
  command = plan

  variables {
    ducklings = { read_scaling = { instance_size = "pulse", flock_size = 65 } }
  }

  expect_failures = [var.ducklings]
}
