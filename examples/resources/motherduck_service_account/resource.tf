resource "motherduck_service_account" "loader" {
  username = "nightly_loader"

  # The default: a plan that would delete the account, its tokens and its data fails. (For a tainted account, the apply
  # fails.) To delete the account, apply `deletion_protection = false` first.
  deletion_protection = true
}
