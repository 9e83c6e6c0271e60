//! What the project's own commands and its CLI tests share.
//!
//! [`cli`] finds a Terraform or OpenTofu, [`terraform`] runs it in a folder of its own with the provider that
//! was built, and [`demo`] tells the provider's story with both.

pub mod cli;
pub mod demo;
pub mod terraform;
#[cfg(test)]
mod testing;
