data "motherduck_active_accounts" "now" {}

# Accounts with an active Duckling, not only one that is cooling down.
output "busy_accounts" {
  value = [
    for account in data.motherduck_active_accounts.now.accounts : account.username
    if contains(account.ducklings[*].status, "active")
  ]
}
