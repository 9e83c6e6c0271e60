//! `cargo xtask bench`: measures the provider with a real Terraform against the emulator, and writes the
//! results.
//!
//! The command starts itself once more, built with optimizations, because the emulator runs in its process.
//! Each case runs in a new emulator and a new folder. If another provider is compared, the two run
//! alternately. CPU time and numbers of requests are reliable; wall time is not on a machine with other load.

mod budget;
mod calls;
mod command;
mod figures;
mod machine;
mod measured_provider;
mod options;
mod plot;
mod process;
mod report;
mod sandbox;
mod saved_run;
mod scale;
mod seeded;
mod start;
#[cfg(target_os = "linux")]
mod start_functions;
mod target_cases;

pub use command::{run, run_optimized};
pub use options::Options;
#[cfg(target_os = "linux")]
pub use start_functions::start_functions;
