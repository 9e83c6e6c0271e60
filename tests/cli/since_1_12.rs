//! Features of Terraform 1.12.

mod identity;
