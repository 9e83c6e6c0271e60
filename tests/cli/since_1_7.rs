//! Features of Terraform 1.7.

mod guides;
mod modules;
mod removed;
