//! The project's commands, and the code that they share with its CLI tests.
//!
//! [`cli`] finds a Terraform or OpenTofu, [`terraform`] runs it in a separate folder with the provider that
//! was built, [`demo`] runs the provider's life cycle with both, [`matrix`] runs the CLI tests with many
//! versions of Terraform, [`package`] builds a release, and [`install`] installs a build where both programs
//! find it. [`live`] checks an API, the emulator or a real organization, [`mod@bench`] measures the provider,
//! `kills` interrupts processes and counts the remaining objects, [`soak`] runs one process for a long time,
//! and [`page`] runs the tests of the emulator's page in a browser. [`signals`] is for programs that send
//! signals to their children.

pub mod bench;
pub mod cli;
pub mod demo;
mod file_error;
pub mod install;
#[cfg(target_os = "linux")]
pub mod kills;
pub mod live;
pub mod matrix;
pub mod package;
pub mod page;
pub mod picture;
mod platform;
mod programs;
pub mod python;
pub mod signals;
pub mod soak;
pub mod terraform;
#[cfg(test)]
mod testing;
pub mod workspace;

pub use programs::Failure;
