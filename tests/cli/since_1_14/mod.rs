//! Features of Terraform 1.14.

#[cfg(unix)]
mod interrupted;
mod leftovers;
mod query;
mod revoke_tokens;
