resource "motherduck_service_account" "loader" {
  username = "nightly_loader"
}

resource "motherduck_token" "loader" {
  username    = motherduck_service_account.loader.id
  name_prefix = "nightly-load-"
  ttl         = 90 * 24 * 3600
}

# Revokes all tokens except the managed one: terraform apply -invoke=action.motherduck_revoke_tokens.leaked
# To replace the managed one: terraform apply -replace=motherduck_token.loader
action "motherduck_revoke_tokens" "leaked" {
  config {
    username   = motherduck_service_account.loader.id
    except_ids = [motherduck_token.loader.id]
  }
}

# Revokes the tokens of earlier builds with each new release.
action "motherduck_revoke_tokens" "builds" {
  config {
    username    = motherduck_service_account.loader.id
    name_prefix = "build-"
    token_type  = "read_scaling"
  }
}

resource "terraform_data" "release" {
  input = "1.4.0"

  lifecycle {
    action_trigger {
      events  = [after_create, after_update]
      actions = [action.motherduck_revoke_tokens.builds]
    }
  }
}
