terraform {
  required_version = ">= 1.6"

  required_providers {
    motherduck = {
      source  = "motherduck-rs/motherduck"
      version = "~> 0.1"
    }
  }
}
