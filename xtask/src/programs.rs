//! The programs that commands build, start and stop, and how they fail.

mod build;
mod emulator;
mod failure;
mod interrupts;
mod process;

pub use build::Programs;
pub(crate) use build::{EMULATOR, PROVIDER, build, build_program, cargo};
pub(crate) use emulator::EmulatorProcess;
pub use failure::Failure;
pub use interrupts::Interrupts;
pub(crate) use interrupts::own_group;
pub(crate) use process::{Ended, is_provider, is_provider_program, run};
