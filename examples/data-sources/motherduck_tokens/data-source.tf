data "motherduck_tokens" "loader" {
  username = "nightly_loader"
}

output "everlasting_tokens" {
  value = [
    for token in data.motherduck_tokens.loader.tokens : token.name
    if token.expire_at == null
  ]
}
