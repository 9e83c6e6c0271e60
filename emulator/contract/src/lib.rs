//! The API's contract, `emulator/openapi.yaml`, as a judge: what an emulator answers during a test is held against it.
//!
//! A [`Watched`] emulator has its answers looked at before they leave, so it does not matter which client asked, or whether
//! the test cares for the answer.

mod contract;
mod schema;
mod watched;

pub use contract::{Contract, ContractError, Violation, document};
pub use watched::{Secrets, Watched};

/// The text of the contract.
pub const TEXT: &str = include_str!("../../openapi.yaml");
