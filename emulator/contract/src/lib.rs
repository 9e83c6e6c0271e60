//! Checks an emulator's responses in tests against the API's contract, `emulator/openapi.yaml`.
//!
//! The responses of a [`Watched`] emulator are checked before they are sent, whichever client sent the
//! request and whether or not the test reads the response.

mod contract;
mod schema;
mod watched;

pub use contract::{Contract, ContractError, Violation, document};
pub use watched::{Secrets, Watched};

/// The text of the contract.
pub const TEXT: &str = include_str!("../../openapi.yaml");
