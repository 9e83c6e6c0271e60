//! The MotherDuck REST admin API on loopback: a stand-in for tests and demos without an organization.
//!
//! It keeps service accounts, access tokens, Duckling configurations and Dives in memory or in a file, checks requests the way the
//! API's contract says, and answers with the same bodies and errors. It has its own idea of the wire format, so that a
//! client tested against it is held to the contract, not to itself.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), motherduck_emulator::StartError> {
//! let emulator = motherduck_emulator::Emulator::builder().admin_token("secret").start().await?;
//! assert!(emulator.url().starts_with("http://127.0.0.1:"));
//! assert!(emulator.requests().is_empty());
//! # Ok(())
//! # }
//! ```
//!
//! How it is laid out, from the outside in:
//!
//! - `emulator` is the builder, `listening` the running server that stops when dropped;
//! - `routes` has a file per group of endpoints: who may call, what is read from the request, what is answered;
//!   `guard`, `log`, `observe`, `rate` and `faults` stand in front of them, `connection` and `tls` below;
//! - `requests` and `validate` turn bodies and queries into values or into a list of issues, `wire` is what is answered,
//!   `error` how a refusal looks;
//! - `page` is what a person sees in a browser;
//! - `state` is the organization: plain data and rules, no HTTP, no clock of its own;
//! - `store` is the state file, in which every change is before it is answered.

mod app;
mod behaviour;
mod clock;
mod connection;
mod ducklings_at_start;
mod emulator;
mod error;
mod faults;
mod guard;
mod late;
mod listening;
mod log;
mod observe;
mod page;
mod paging;
mod rate;
mod requests;
mod routes;
mod secret;
mod seed;
mod segments;
mod snapshot;
mod state;
mod store;
mod tls;
mod validate;
mod wire;

pub use behaviour::{Behaviour, DuplicateStatus, Plan};
pub use clock::ClockError;
pub use ducklings_at_start::{DucklingsAtStart, DucklingsAtStartError};
pub use emulator::{DEFAULT_ADMIN_TOKEN, Emulator, StartError};
pub use faults::{Faults, FaultsError};
pub use listening::Listening;
pub use log::LoggedRequest;
pub use observe::Exchange;
pub use rate::{RateLimit, RateLimitError};
pub use seed::SeedError;
pub use state::ADMIN_USERNAME;
pub use store::{NotKept, StateError};
