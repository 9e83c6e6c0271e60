# Without an API and without a token, with Terraform 1.7 or newer: terraform test -test-directory=tests/mocked
# The path of the mocks is relative to the module.

mock_provider "motherduck" {
  source = "../../../mocks"
}

run "each_tenant_has_a_token_by_default" {
  variables {
    tenants = { acme = {}, globex = { tokens = {} } }
  }

  assert {
    condition     = output.tokens == { acme = { app = "mock-token" }, globex = {} }
    error_message = "The tokens differ."
  }
}

run "tenants_with_equal_usernames_are_an_error" {
  command = plan

  variables {
    tenants = { acme = {}, Acme = {} }
  }

  expect_failures = [var.tenants]
}

run "key_with_a_hyphen_is_an_error" {
  command = plan

  variables {
    tenants = { "acme-corp" = {} }
  }

  expect_failures = [var.tenants]
}

run "prefix_that_begins_with_a_digit_is_an_error" {
  command = plan

  variables {
    prefix  = "1_"
    tenants = {}
  }

  expect_failures = [var.prefix]
}
