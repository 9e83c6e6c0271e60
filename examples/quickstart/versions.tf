terraform {
  required_version = ">= 1.0"

  required_providers {
    motherduck = {
      source  = "motherduck-rs/motherduck"
      version = "~> 0.1"
    }
  }
}

# The admin token is read from MOTHERDUCK_ADMIN_TOKEN, so that no file contains it. MOTHERDUCK_API_BASE_URL, if it is
# set, selects another API: `cargo demo` sets both to those of the emulator.
provider "motherduck" {}
