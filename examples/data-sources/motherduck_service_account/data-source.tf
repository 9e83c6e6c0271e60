# An account that another configuration manages.
data "motherduck_service_account" "loader" {
  username = "nightly_loader"
}

resource "motherduck_token" "reports" {
  username = data.motherduck_service_account.loader.id
  name     = "reports"
  ttl      = 90 * 24 * 3600
}
