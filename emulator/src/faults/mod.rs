//! Faults on demand: rules that make chosen API requests fail, and what each kind of fault does.

mod bodies;
mod fault;
mod inject;
mod pattern;
mod read;
mod rules;

pub use fault::FaultKind;
pub(crate) use inject::{Injected, inject};
pub use rules::{Faults, FaultsError};
