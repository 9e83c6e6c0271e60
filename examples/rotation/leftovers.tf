# A token that is in no state: Terraform was killed between its creation and the saving of the state. A token that an
# early rotation replaced is in no state either, but expires at least a generation before its replacement.
check "every_token_is_in_a_state" {
  data "motherduck_tokens" "etl" {
    username = motherduck_service_account.etl.id
  }

  assert {
    condition = alltrue([
      for token in data.motherduck_tokens.etl.tokens :
      !startswith(coalesce(token.name, "-"), "etl-")
      || token.id == motherduck_token.etl.id
      || (token.expire_at == null ? false : timecmp(
        token.expire_at,
        timeadd(motherduck_token.etl.expire_at, "-${local.ttl - local.rotation_early}s")
      ) <= 0)
    ])
    error_message = "A token with the prefix etl- is in no state: look at it, then invoke motherduck_revoke_tokens.leftovers."
  }
}
