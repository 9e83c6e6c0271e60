# Terraform prints these as <sensitive>, but its state contains them in clear text: store it where only people who may
# use the tokens can read it.

output "loader_token" {
  description = "Read/write token of the loader."
  value       = motherduck_token.loader.token
  sensitive   = true
}

output "dashboards_token" {
  description = "Read scaling token of the dashboards."
  value       = motherduck_token.dashboards.token
  sensitive   = true
}
