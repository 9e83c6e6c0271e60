# The tokens of every service account.
list "motherduck_token" "all" {
  provider = motherduck
  limit    = 1000
}

# Or those of one user or service account, which also works where the API cannot list users. Not both blocks at
# once: what two blocks list is generated twice.
#
# list "motherduck_token" "loader" {
#   provider = motherduck
#
#   config {
#     username = "nightly_loader"
#   }
# }
