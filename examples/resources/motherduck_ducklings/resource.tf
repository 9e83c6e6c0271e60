resource "motherduck_service_account" "loader" {
  username = "nightly_loader"
}

resource "motherduck_ducklings" "loader" {
  username = motherduck_service_account.loader.id

  read_write = {
    instance_size    = "jumbo"
    cooldown_seconds = 300
  }

  # A block that is left out is not managed and stays as it is.
  read_scaling = {
    instance_size = "pulse"
    flock_size    = 4
  }

  # Put back what was there before when this resource is destroyed.
  restore_on_destroy = true
}
