//! What the API has no call for: human members, roles, deprovisioned users, Dives, running Ducklings.
//!
//! A seed adds to what is there. A user that exists is changed in the fields that are given, a token or Dive of the same id
//! is replaced, and the running Ducklings of each account that is named are replaced. A seed is applied as a whole or,
//! if anything is wrong with it, not at all; applied twice it changes nothing the second time, if its tokens have ids.

mod apply;
mod read;

pub use apply::SeedError;
pub(crate) use apply::apply;
