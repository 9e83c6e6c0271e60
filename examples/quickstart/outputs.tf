# Terraform shows these as <sensitive>, but keeps them readable in its state: store that where only those may read it
# who may also use the tokens.

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
