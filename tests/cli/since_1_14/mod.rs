//! What Terraform has from 1.14 on.

mod query;
mod revoke_tokens;
