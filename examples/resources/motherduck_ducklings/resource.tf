resource "motherduck_service_account" "loader" {
  username = "nightly_loader"
}

# A block that is left out is not managed and keeps its values.
resource "motherduck_ducklings" "loader" {
  username = motherduck_service_account.loader.id

  read_write = {
    instance_size    = "jumbo"
    cooldown_seconds = 300
  }

  read_scaling = {
    instance_size = "pulse"
    flock_size    = 4
  }

  # Restore the earlier configuration when this resource is destroyed.
  restore_on_destroy = true
}
