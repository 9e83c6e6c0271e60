output "usernames" {
  description = "The name of each tenant's account."
  value       = { for key, account in module.account : key => account.username }
}

output "tokens" {
  description = "The secrets of each tenant's tokens, by tenant and name."
  value       = { for key, account in module.account : key => account.tokens }
  sensitive   = true
}

output "token_details" {
  description = "Id, name, type and expiry of each tenant's tokens."
  value       = { for key, account in module.account : key => account.token_details }
}
