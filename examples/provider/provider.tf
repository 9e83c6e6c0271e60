terraform {
  required_providers {
    motherduck = {
      source  = "motherduck-rs/motherduck"
      version = "~> 0.1"
    }
  }
}

# The admin token is read from the environment variable MOTHERDUCK_ADMIN_TOKEN.
provider "motherduck" {}
