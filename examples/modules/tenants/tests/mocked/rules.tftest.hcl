# Without an API and without a token, with Terraform 1.7 or newer: terraform test -test-directory=tests/mocked
# The path of the mocks is relative to the module.

mock_provider "motherduck" {
  source = "../../../mocks"
}

run "has_a_token_for_each_tenant_by_default" {
  variables {
    tenants = { acme = {}, globex = { tokens = {} } }
  }

  assert {
    condition     = output.tokens == { acme = { app = "mock-token" }, globex = {} }
    error_message = "The tokens are others."
  }
}

run "refuses_tenants_that_share_an_account" {
  command = plan

  variables {
    tenants = { acme = {}, Acme = {} }
  }

  expect_failures = [var.tenants]
}

run "refuses_a_key_that_cannot_be_part_of_a_name" {
  command = plan

  variables {
    tenants = { "acme-corp" = {} }
  }

  expect_failures = [var.tenants]
}

run "refuses_a_prefix_that_cannot_begin_a_name" {
  command = plan

  variables {
    prefix  = "1_"
    tenants = {}
  }

  expect_failures = [var.prefix]
}
