//! The suite against the emulator: its findings on the defaults and on each switch, and that it neither
//! changes other objects nor leaves its own behind.

mod findings;
mod harmless;
mod support;
