# Revokes every token with the prefix but those in `except_ids`: the one in the state, and one that it replaced and that
# consumers may still use. `terraform apply -invoke=action.motherduck_revoke_tokens.leftovers`
variable "still_in_use" {
  description = "Ids of replaced tokens that consumers may still use."
  type        = set(string)
  default     = []
}

action "motherduck_revoke_tokens" "leftovers" {
  config {
    username    = motherduck_service_account.etl.id
    name_prefix = "etl-"
    except_ids  = setunion([motherduck_token.etl.id], var.still_in_use)
  }
}
