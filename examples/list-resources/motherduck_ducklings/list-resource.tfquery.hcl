# The Ducklings of every service account, with their sizes.
list "motherduck_ducklings" "all" {
  provider         = motherduck
  include_resource = true
  limit            = 1000
}

# Those of one user or service account. This also works where the API cannot list users.
list "motherduck_ducklings" "loader" {
  provider         = motherduck
  include_resource = true

  config {
    username = "nightly_loader"
  }
}
