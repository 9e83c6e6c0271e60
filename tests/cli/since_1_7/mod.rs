//! What Terraform has from 1.7 on.

mod removed;
