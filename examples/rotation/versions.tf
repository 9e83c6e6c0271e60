# versions.tf
terraform {
  required_providers {
    motherduck = {
      source  = "motherduck-rs/motherduck"
      version = "~> 0.1"
    }
  }
}
