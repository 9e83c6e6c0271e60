//! Features of Terraform 1.11.

mod write_only;
