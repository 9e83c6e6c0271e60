//! Trouble on demand: rules that make chosen API requests end badly, and what each kind of trouble does.

mod bodies;
mod fault;
mod inject;
mod pattern;
mod read;
mod rules;

pub(crate) use inject::{Injected, inject};
pub use rules::{Faults, FaultsError};
