# A token for one run, for a program that Terraform starts.
resource "motherduck_service_account" "loader" {
  username = "nightly_loader"
}

ephemeral "motherduck_token" "load" {
  username    = motherduck_service_account.loader.id
  description = "One load, started by Terraform"
  ttl         = 900
}

resource "terraform_data" "load" {
  triggers_replace = "2026-11-01"

  provisioner "local-exec" {
    command     = "./load.sh"
    environment = { motherduck_token = ephemeral.motherduck_token.load.token }
  }
}

# A token for one run that another provider configuration uses: `terraform_admin` is a service account
# with the Admin role.
ephemeral "motherduck_token" "admin" {
  username = "terraform_admin"
}

provider "motherduck" {
  alias       = "short_lived"
  admin_token = ephemeral.motherduck_token.admin.token
}

resource "motherduck_service_account" "dashboards" {
  provider = motherduck.short_lived
  username = "dashboards"
}
