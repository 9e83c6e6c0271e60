//! `cargo xtask bench`: measures the provider with a real Terraform against the emulator, and writes the results.
//!
//! Each case runs in a new emulator and a new folder. With another provider to compare with, the two run
//! alternately. CPU time and counts of requests are the figures to trust: on a machine with other work, wall time
//! is not.

mod budget;
mod calls;
mod command;
mod failure;
mod figures;
mod goals;
mod machine;
mod options;
mod plot;
mod process;
mod report;
mod scale;
mod seeded;
mod stage;
mod start;
mod statistics;
mod subject;
mod targets;

pub use command::run;
pub use options::Options;
