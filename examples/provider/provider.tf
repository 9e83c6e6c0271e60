terraform {
  required_providers {
    motherduck = {
      source  = "motherduck-rs/motherduck"
      version = "~> 0.1"
    }
  }
}

# The admin token comes from the environment: MOTHERDUCK_ADMIN_TOKEN.
provider "motherduck" {}
