//! The MotherDuck REST admin API on loopback, for tests and demos without an organization.
//!
//! It stores service accounts, access tokens, Duckling configurations and Dives in memory or in a file,
//! validates requests as the API's contract says, and returns the same bodies and errors. It shares no types
//! with any client, so that a client is tested against the contract and not against itself.
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
//! The modules, from the outside in:
//!
//! - `builder` has the settings and starts the server, `emulator` is the running server, which stops when it is
//!   dropped;
//! - `routes` has a file for each group of endpoints: authorization, parsing of the request, the response;
//!   `guard`, `rate` and `layers` wrap them, record requests in the `log` and apply `faults`;
//!   `connection` and `tls` are the transport;
//! - `requests` and `validate` parse bodies and queries into values or a list of issues, `wire` has the
//!   bodies of responses, `error` those of errors;
//! - `page` is the page for browsers;
//! - `state` is the organization: plain data and rules, without HTTP and without a clock;
//! - `store` is the state file, to which every change is written before its response is sent.

mod app;
mod behaviour;
mod builder;
mod clock;
mod connection;
mod delayed_requests;
mod emulator;
mod error;
mod faults;
mod guard;
mod instance_size;
mod layers;
mod log;
mod memory;
mod new_account_ducklings;
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
mod start_error;
mod state;
mod store;
mod tls;
mod validate;
mod wire;

pub use behaviour::{Behaviour, DuplicateStatus, Plan};
pub use builder::{DEFAULT_ADMIN_TOKEN, EmulatorBuilder};
pub use clock::ClockError;
pub use emulator::Emulator;
pub use error::StorageError;
pub use faults::{FaultKind, Faults, FaultsError};
pub use log::LoggedRequest;
pub use new_account_ducklings::{NewAccountDucklings, NewAccountDucklingsError};
pub use observe::Exchange;
pub use rate::{RateLimit, RateLimitError};
pub use seed::SeedError;
pub use start_error::StartError;
pub use state::ADMIN_USERNAME;
pub use store::StateError;
