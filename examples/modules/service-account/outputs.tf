output "username" {
  description = "Name of the account, known as soon as the account exists."
  value       = motherduck_service_account.this.id
}

output "tokens" {
  description = "The secret of each token. The state contains them as plain text: store it where only people who may use the tokens can read it."
  value       = { for name, token in motherduck_token.this : name => token.token }
  sensitive   = true
}

output "token_details" {
  description = "Id, name, type and expiry of each token."
  value = {
    for name, token in motherduck_token.this : name => {
      id         = token.id
      name       = token.name
      token_type = token.token_type
      expire_at  = token.expire_at
    }
  }
}
