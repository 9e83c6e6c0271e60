//! Checks an emulator's responses in tests against the API's contract, `emulator/openapi.yaml`.
//!
//! The responses of a [`CheckedEmulator`] are checked before they are sent, whichever client sent the
//! request and whether or not the test reads the response.

mod checked_emulator;
mod contract;
mod schema;

pub use checked_emulator::{CheckedEmulator, Secrets};
pub use contract::{Contract, ContractError, Violation, document};

/// The text of the contract.
pub const TEXT: &str = include_str!("../../openapi.yaml");
