resource "motherduck_service_account" "loader" {
  username = "nightly_loader"
}

resource "motherduck_ducklings" "loader" {
  username = motherduck_service_account.loader.id

  read_write = {
    instance_size    = "jumbo"
    cooldown_seconds = 300
  }

  # A block that is not configured is not managed and keeps its values.
  read_scaling = {
    instance_size = "pulse"
    flock_size    = 4
  }

  # Restore the earlier configuration when this resource is destroyed.
  restore_on_destroy = true
}
