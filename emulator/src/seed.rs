//! Creates objects for which the API has no call: human members, roles, deprovisioned users, Dives, running
//! Ducklings.
//!
//! A seed adds to the organization. In an existing user the present fields are changed; a token or Dive with
//! the same id is replaced, and so are the running Ducklings of each account in the seed. A seed is applied
//! as a whole, or not at all if anything in it is invalid. If its tokens have ids, applying it again changes
//! nothing.

mod apply;
mod read;

pub use apply::SeedError;
pub(crate) use apply::apply;
