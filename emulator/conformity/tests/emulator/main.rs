//! Runs the suite against the emulator: its findings with the defaults and with each switch, and that it
//! changes no other objects and leaves none.

mod clean_up;
mod findings;
mod support;
