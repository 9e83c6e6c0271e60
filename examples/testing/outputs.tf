output "username" {
  description = "The name of the account."
  value       = motherduck_service_account.pipeline.username
}

output "token" {
  description = "The token that the pipeline signs in with."
  value       = motherduck_token.pipeline.token
  sensitive   = true
}

output "token_expires" {
  description = "When that token expires."
  value       = motherduck_token.pipeline.expire_at
}

output "token_id" {
  description = "The id of the token, which changes when the token is replaced."
  value       = motherduck_token.pipeline.id
}
