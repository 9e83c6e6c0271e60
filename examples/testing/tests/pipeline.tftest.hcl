# Each `run` is a plan or an apply against the emulator; created objects are destroyed at the end.

variables {
  team                = "sales"
  deletion_protection = false
}

run "names_the_account_after_the_team" {
  command = plan

  assert {
    condition     = motherduck_service_account.pipeline.username == "sales_pipeline"
    error_message = "The account is not named after the team."
  }
}

run "refuses_a_team_that_cannot_be_part_of_a_name" {
  command = plan

  variables {
    team = "Sales & Marketing"
  }

  expect_failures = [var.team]
}

run "refuses_a_token_that_would_always_be_due" {
  command = plan

  variables {
    token_days = 14
  }

  expect_failures = [var.token_days]
}

run "makes_an_account_with_a_token_that_expires" {
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
    error_message = "The token does not live for 90 days."
  }

  assert {
    condition     = motherduck_ducklings.pipeline.read_scaling.flock_size == 0
    error_message = "Nobody asked for readers."
  }
}

run "grows_without_a_new_token" {
  variables {
    size    = "standard"
    readers = 4

    # In OpenTofu an assertion cannot refer to another run, but variables can.
    first_token_id = run.makes_an_account_with_a_token_that_expires.token_id
  }

  assert {
    condition     = motherduck_ducklings.pipeline.read_write.cooldown_seconds != null
    error_message = "The service has not filled in the cooldown of the size."
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
