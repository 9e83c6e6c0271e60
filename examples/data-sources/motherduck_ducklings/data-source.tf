data "motherduck_ducklings" "nightly" {
  username = "nightly_loader"
}

# The same Ducklings for another account.
resource "motherduck_ducklings" "backfill" {
  username     = "backfill_loader"
  read_write   = data.motherduck_ducklings.nightly.read_write
  read_scaling = data.motherduck_ducklings.nightly.read_scaling
}
