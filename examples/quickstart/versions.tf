terraform {
  required_version = ">= 1.0"

  required_providers {
    motherduck = {
      source  = "motherduck-rs/motherduck"
      version = "~> 0.1"
    }
  }
}

# The admin token comes from MOTHERDUCK_ADMIN_TOKEN, so that it is in no file. MOTHERDUCK_API_BASE_URL, if it is
# set, leads to another API: `cargo demo` sets both to those of the emulator.
provider "motherduck" {}
