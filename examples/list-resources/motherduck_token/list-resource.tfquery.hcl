# The tokens of every service account.
list "motherduck_token" "all" {
  provider = motherduck
  limit    = 1000
}

# Or those of one user or service account, which also works if the API cannot list users. Do not use both blocks at
# once, because objects that two blocks list are generated twice.
#
# list "motherduck_token" "loader" {
#   provider = motherduck
#
#   config {
#     username = "nightly_loader"
#   }
# }
