data "motherduck_active_accounts" "now" {}

# Accounts with a Duckling that is at work, not only cooling down.
output "busy_accounts" {
  value = [
    for account in data.motherduck_active_accounts.now.accounts : account.username
    if contains(account.ducklings[*].status, "active")
  ]
}
