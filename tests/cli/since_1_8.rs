//! Features of Terraform 1.8.

mod connection_string;
mod moves;
