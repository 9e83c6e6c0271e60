terraform {
  required_version = ">= 1.3"

  required_providers {
    motherduck = {
      source  = "motherduck-rs/motherduck"
      version = "~> 0.1"
    }
  }
}
