# The tokens of every service account.
list "motherduck_token" "all" {
  provider = motherduck
  limit    = 1000
}

# Those of one user or service account. This also works where the API cannot list users.
list "motherduck_token" "loader" {
  provider = motherduck

  config {
    username = "nightly_loader"
  }
}
