//! Fault injection: rules that make selected API requests fail.

mod fault;
mod pattern;
mod read;
mod rules;

pub use fault::FaultKind;
pub(crate) use fault::{Effect, RetryAfter, When};
pub use read::FaultsError;
pub use rules::Faults;
