//! The fault matrix: every call of the API in every operation of the provider, with every fault that the emulator can make.
//!
//! The cells are generated. `operations` lists what the provider does, and a test holds the list against the provider's own
//! schemas; the faults are the emulator's examples of its own kinds; the calls of an operation are those that a run without
//! faults sends. `cell` carries out an operation and checks what a user would notice. Provider and emulator run in this
//! process, connected by memory, under a paused clock (`world`): a minute of waiting takes no time.
//!
//! `MATRIX="token" cargo test --test fault_matrix` runs the cells whose label contains the text, `MATRIX_EVERY=10` each tenth
//! cell.

#[allow(
    dead_code,
    unused_imports,
    reason = "a part of what the protocol's tests need"
)]
#[path = "../protocol/host/mod.rs"]
mod host;
#[path = "../support/mod.rs"]
mod support;

mod cell;
mod check;
mod converge;
mod exemptions;
mod log;
mod matrix;
mod operations;
mod pool;
mod transport;
mod world;
