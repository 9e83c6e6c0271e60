//! What Terraform has from 1.10 on.

mod ephemeral_variables;
