resource "motherduck_service_account" "dashboards" {
  username = "dashboards"
}

resource "motherduck_token" "dashboards" {
  username   = motherduck_service_account.dashboards.id
  name       = "dashboards"
  token_type = "read_scaling"
  ttl        = 90 * 24 * 3600
}

# md:sales?motherduck_token=…&attach_mode=single&session_name=customer%20dashboards
output "dashboards_connection" {
  value = provider::motherduck::connection_string("sales", motherduck_token.dashboards.token, {
    attach_mode  = "single"
    session_name = "customer dashboards"
  })
  sensitive = true
}

# `md:` selects the whole workspace; the client reads the token from its environment.
output "workspace_connection" {
  value = provider::motherduck::connection_string("", null, null)
}
