//! The suite against the emulator: what it finds on the defaults and on each switch, what it leaves alone, and that it
//! leaves nothing behind.

mod findings;
mod harmless;
mod support;
