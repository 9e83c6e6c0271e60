//! Features of Terraform 1.7.

mod removed;
