//! What the project's commands and its CLI tests share.
//!
//! [`cli`] finds a Terraform or OpenTofu, [`terraform`] runs it in a folder of its own with the provider that
//! was built, [`demo`] shows the provider's life cycle with both, [`matrix`] runs the CLI tests with many
//! versions of Terraform, [`package`] makes a release, and [`install`] puts a build where both programs find
//! it. [`live`] checks an API, the emulator or a real organization, [`mod@bench`] measures the provider, `kills` strikes
//! processes and counts what is left behind, [`soak`] watches one process for long, and [`page`] runs the tests of
//! the emulator's page in a browser.

pub mod bench;
pub mod cli;
pub mod demo;
pub mod install;
#[cfg(target_os = "linux")]
pub mod kills;
pub mod live;
pub mod matrix;
pub mod package;
pub mod page;
pub mod picture;
pub mod python;
pub mod soak;
pub mod terraform;
#[cfg(test)]
mod testing;
pub mod workspace;
