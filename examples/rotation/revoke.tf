# revoke.tf

# Revokes only the listed tokens, because another old token may still be in use.
# `terraform apply -invoke=action.motherduck_revoke_tokens.leftovers -var='revoke=["<id>"]'`
variable "revoke" {
  description = "Ids of tokens to revoke, from the message of the check."
  type        = set(string)
  default     = []
}

action "motherduck_revoke_tokens" "leftovers" {
  config {
    username    = motherduck_service_account.etl.id
    name_prefix = "etl-"
    except_ids = setunion(
      [motherduck_token.etl.id],
      setsubtract(data.motherduck_tokens.etl.tokens[*].id, var.revoke),
    )
  }
}
