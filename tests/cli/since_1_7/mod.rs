//! Features of Terraform 1.7.

mod guides;
mod removed;
