//! What Terraform has from 1.8 on.

mod connection_string;
mod moves;
