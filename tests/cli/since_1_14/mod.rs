//! What Terraform has from 1.14 on.

mod revoke_tokens;
