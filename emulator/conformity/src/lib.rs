//! A conformity suite of the MotherDuck REST admin API: small checks of every operation, limit and error of
//! the contract, and a probe for each question that the contract leaves open.
//!
//! A [`Suite`] has a [`Target`]: an address and the token of an Admin. The suite is the same for the emulator
//! and for a real organization. In both cases the suite
//!
//! - creates and deletes only accounts named `tfprobe_<random>`, and sends no request that could change
//!   another object (`guard` checks every request before it is sent);
//! - deletes its accounts when [`Suite::clean_up`] is called, however the checks ended (`ledger` records
//!   them);
//! - writes reports with its own texts: a [`Row`] contains no secret, name or message of the organization.

mod api;
mod check;
mod checks;
mod guard;
mod ledger;
mod outcome;
mod reply;
mod report;
mod run;
mod suite;
mod target;

pub use outcome::Outcome;
pub use report::{Row, Summary, table};
pub use suite::{Suite, SuiteError};
pub use target::{Target, Time};
