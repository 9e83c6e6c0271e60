data "motherduck_tokens" "loader" {
  username = "nightly_loader"
}

output "tokens_without_expiry" {
  value = [
    for token in data.motherduck_tokens.loader.tokens : token.name
    if token.expire_at == null
  ]
}
