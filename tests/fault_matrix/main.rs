//! The fault matrix: every API request of every operation of the provider, with every fault of the emulator.
//!
//! The cells are generated. `operations` lists the provider's operations, and a test compares the list with
//! the provider's schemas. The faults are the emulator's examples of each kind, and the requests of an
//! operation are those of a run without faults. `cell` runs an operation and checks what a user would notice.
//! Provider and emulator run in this process, connected by memory, with a paused clock (`organization`), so a wait
//! of a minute takes no time.
//!
//! `MATRIX="token" cargo test --test fault_matrix` runs the cells whose label contains the text, and
//! `MATRIX_EVERY=10` every tenth cell.

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
mod organization;
mod pool;
mod transport;
