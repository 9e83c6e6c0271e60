//! The programs that commands build, start and stop, and how they fail.

mod build;
mod emulator;
mod failure;
mod interrupts;
mod process;

pub(crate) use build::{Programs, build, cargo, executable};
pub(crate) use emulator::EmulatorProcess;
pub(crate) use failure::Failure;
pub use interrupts::Interrupts;
pub(crate) use interrupts::own_group;
pub(crate) use process::{Ended, is_provider, is_provider_program, run};
