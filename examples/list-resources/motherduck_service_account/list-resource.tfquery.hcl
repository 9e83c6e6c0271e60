# Every service account of the organization. `terraform query -generate-config-out=accounts.tf` writes a resource
# and an import block for each.
list "motherduck_service_account" "all" {
  provider = motherduck
  limit    = 1000
}
