# leftovers.tf

# Tokens with the prefix that are in no state and were not replaced by early rotation. A token that was replaced from
# `early_rotation_seconds` before its expiry on expires at least a generation before its replacement. List a token that was
# replaced earlier, by `keepers` or `-replace`, in `still_in_use` while consumers use it.
variable "still_in_use" {
  description = "Ids of replaced tokens that consumers may still use."
  type        = set(string)
  default     = []
}

data "motherduck_tokens" "etl" {
  username = motherduck_service_account.etl.id
}

locals {
  leftovers = [
    for token in data.motherduck_tokens.etl.tokens : token.id
    if startswith(coalesce(token.name, "-"), "etl-")
    && !contains(setunion([motherduck_token.etl.id], var.still_in_use), token.id)
    && (token.expire_at == null ? true : timecmp(
      token.expire_at,
      timeadd(motherduck_token.etl.expire_at, "-${local.ttl - local.rotation_early}s")
    ) > 0)
  ]
}

check "every_token_is_in_a_state" {
  assert {
    condition     = length(local.leftovers) == 0
    error_message = <<-EOT
      Tokens with the prefix etl- are in no state: ${join(", ", local.leftovers)}.
      If consumers still use one, because it was replaced before its time, put its id into still_in_use.
      If not, revoke it.
    EOT
  }
}
