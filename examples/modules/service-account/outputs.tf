output "username" {
  description = "Name of the account, known as soon as the account exists."
  value       = motherduck_service_account.this.id
}

output "tokens" {
  description = "The secret of each token. They are readable in the state: store that where only those may read it who may use the tokens."
  value       = { for name, token in motherduck_token.this : name => token.token }
  sensitive   = true
}

output "token_details" {
  description = "What is known of each token besides its secret."
  value = {
    for name, token in motherduck_token.this : name => {
      id         = token.id
      name       = token.name
      token_type = token.token_type
      expire_at  = token.expire_at
    }
  }
}
