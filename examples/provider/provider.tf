terraform {
  required_providers {
    motherduck = {
      source = "motherduck-rs/motherduck"
    }
  }
}

# The admin token comes from the environment: MOTHERDUCK_ADMIN_TOKEN.
provider "motherduck" {}
