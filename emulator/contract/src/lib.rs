//! The API's contract, `emulator/openapi.yaml`, as a check: responses of an emulator in a test are validated
//! against it.
//!
//! A [`Watched`] emulator has its responses checked before they are sent, whichever client sent the request
//! and whether or not the test looks at the response.

mod contract;
mod schema;
mod watched;

pub use contract::{Contract, ContractError, Violation, document};
pub use watched::{Secrets, Watched};

/// The text of the contract.
pub const TEXT: &str = include_str!("../../openapi.yaml");
