//! What Terraform has from 1.12 on.

mod identity;
