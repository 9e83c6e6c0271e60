//! `cargo live`: the conformity suite, and the provider's life cycle, against the emulator or a real organization.

mod command;
mod life_cycle;
mod options;

pub use command::run;
pub use life_cycle::life_cycle;
pub use options::Options;

pub use crate::programs::Interrupts;
