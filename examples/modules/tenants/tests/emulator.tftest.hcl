# Against the emulator: MODULE=examples/modules/tenants ROOT=examples/modules examples/testing/run

run "each_tenant_has_a_separate_account" {
  variables {
    tenants = {
      acme   = { deletion_protection = false }
      globex = { deletion_protection = false, size = "standard", readers = { count = 2 }, username = "globex_corp" }
    }
  }

  assert {
    condition     = output.usernames == { acme = "tenant_acme", globex = "globex_corp" }
    error_message = "The accounts have other names."
  }

  assert {
    condition     = output.tokens["acme"]["app"] != output.tokens["globex"]["app"]
    error_message = "Two tenants share a token."
  }
}

run "change_of_one_tenant_changes_no_other" {
  variables {
    tenants = {
      acme   = { deletion_protection = false, size = "jumbo", tokens = {} }
      globex = { deletion_protection = false, size = "standard", readers = { count = 2 }, username = "globex_corp" }
    }
    # In OpenTofu an assertion cannot refer to another run, but variables can.
    token_of_globex = run.each_tenant_has_a_separate_account.token_details["globex"]["app"].id
  }

  assert {
    condition     = length(output.token_details["acme"]) == 0 && output.token_details["globex"]["app"].id == var.token_of_globex
    error_message = "The token of another tenant was replaced."
  }
}
