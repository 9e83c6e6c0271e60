# Each `run` is a plan or an apply against the emulator; created objects are destroyed at the end.

variables {
  team                = "sales"
  deletion_protection = false
}

run "account_is_named_after_the_team" {
  command = plan

  assert {
    condition     = motherduck_service_account.pipeline.username == "sales_pipeline"
    error_message = "The account is not named after the team."
  }
}

run "team_with_other_characters_is_an_error" {
  command = plan

  variables {
    team = "Sales & Marketing"
  }

  expect_failures = [var.team]
}

run "lifetime_within_the_rotation_window_is_an_error" {
  command = plan

  variables {
    token_days = 14
  }

  expect_failures = [var.token_days]
}

run "account_has_a_token_of_90_days" {
  assert {
    condition     = output.username == "sales_pipeline"
    error_message = "The output is not the account's name."
  }

  assert {
    condition     = length(output.token) > 0
    error_message = "There is no token to sign in with."
  }

  assert {
    condition     = timecmp(output.token_expires, timeadd(motherduck_token.pipeline.created_ts, "2160h")) == 0
    error_message = "The token does not expire after 90 days."
  }

  assert {
    condition     = motherduck_ducklings.pipeline.read_scaling.flock_size == 0
    error_message = "There are read scaling Ducklings."
  }
}

run "larger_size_does_not_replace_the_token" {
  variables {
    size    = "standard"
    readers = 4

    # In OpenTofu an assertion cannot refer to another run, but variables can.
    first_token_id = run.account_has_a_token_of_90_days.token_id
  }

  assert {
    condition     = motherduck_ducklings.pipeline.read_write.cooldown_seconds != null
    error_message = "The default cooldown of the size is missing."
  }

  assert {
    condition     = motherduck_ducklings.pipeline.read_scaling.flock_size == 4
    error_message = "The readers were not set."
  }

  assert {
    condition     = motherduck_token.pipeline.id == var.first_token_id
    error_message = "The token was replaced."
  }
}
