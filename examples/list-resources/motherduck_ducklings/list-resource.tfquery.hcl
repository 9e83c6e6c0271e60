# The Ducklings of every service account. `terraform query -json` shows their sizes.
list "motherduck_ducklings" "all" {
  provider         = motherduck
  include_resource = true
  limit            = 1000
}

# Or those of one user or service account, which also works where the API cannot list users. Not both blocks at
# once: what two blocks list is generated twice.
#
# list "motherduck_ducklings" "loader" {
#   provider         = motherduck
#   include_resource = true
#
#   config {
#     username = "nightly_loader"
#   }
# }
