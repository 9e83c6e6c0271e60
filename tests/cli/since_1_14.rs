//! Features of Terraform 1.14.

mod guides;
mod interrupted;
mod leftovers;
mod query;
mod revoke_tokens;
