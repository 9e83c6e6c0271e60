//! What Terraform has from 1.14 on.

#[cfg(unix)]
mod interrupted;
mod leftovers;
mod query;
mod revoke_tokens;
