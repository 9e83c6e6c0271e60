//! What the project's commands and its CLI tests share.
//!
//! [`cli`] finds a Terraform or OpenTofu, [`terraform`] runs it in a folder of its own with the provider that
//! was built, [`demo`] shows the provider's life cycle with both, [`matrix`] runs the CLI tests with many
//! versions of Terraform, [`package`] makes a release, and [`install`] puts a build where both programs find
//! it. [`live`] checks an API, the emulator or a real organization, and [`bench`] measures the provider.

pub mod bench;
pub mod cli;
pub mod demo;
pub mod install;
pub mod live;
pub mod matrix;
pub mod package;
pub mod picture;
pub mod python;
pub mod terraform;
#[cfg(test)]
mod testing;
pub mod workspace;
