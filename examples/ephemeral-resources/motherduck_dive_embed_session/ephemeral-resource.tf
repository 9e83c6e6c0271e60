resource "motherduck_service_account" "viewer" {
  username = "dive_viewer"
}

ephemeral "motherduck_dive_embed_session" "sales" {
  dive_id      = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
  username     = motherduck_service_account.viewer.id
  session_name = "customer-42"

  initial_state = jsonencode({
    region = "EMEA"
    year   = 2026
  })
}

# A page that is rendered again each day.
resource "terraform_data" "page" {
  triggers_replace = "2026-11-01"

  provisioner "local-exec" {
    command     = "./render.sh"
    environment = { SESSION = ephemeral.motherduck_dive_embed_session.sales.session }
  }
}
