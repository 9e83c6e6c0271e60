# All human members who can sign in.
data "motherduck_users" "people" {
  is_service_account = false
  is_deprovisioned   = false
}

output "admins" {
  value = [
    for user in data.motherduck_users.people.users : user.username
    if contains(user.roles, "admin")
  ]
}
