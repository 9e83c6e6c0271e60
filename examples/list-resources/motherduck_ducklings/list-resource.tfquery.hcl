# The Ducklings of every service account. `terraform query -json` shows their sizes.
list "motherduck_ducklings" "all" {
  provider         = motherduck
  include_resource = true
  limit            = 1000
}

# Or those of one user or service account, which also works if the API cannot list users. Do not use both blocks at
# once, because objects that two blocks list are generated twice.
#
# list "motherduck_ducklings" "loader" {
#   provider         = motherduck
#   include_resource = true
#
#   config {
#     username = "nightly_loader"
#   }
# }
