//! What Terraform has from 1.11 on.

mod write_only;
