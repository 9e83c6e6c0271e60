//! A conformity suite of the MotherDuck REST admin API: small checks of every operation, limit and error of the contract, and
//! a probe for each question that the contract leaves open.
//!
//! A [`Suite`] has a [`Target`]: an address and the token of an Admin. It is the same suite for the emulator and for a real
//! organization. Whatever the target is, the suite
//!
//! - creates and removes only accounts named `tfprobe_<random>`, and sends nothing that could change another object
//!   (`guard` looks at every request before it is sent);
//! - removes its accounts when [`Suite::clean_up`] is called, however the checks ended (`ledger` knows them);
//! - reports in words of its own: no secret, no name and no message of the organization is in a [`Row`].

mod api;
mod check;
mod checks;
mod guard;
mod ledger;
mod reply;
mod report;
mod suite;
mod target;

pub use check::Outcome;
pub use report::{Row, Summary, table};
pub use suite::{Suite, SuiteError};
pub use target::{Target, Time};
