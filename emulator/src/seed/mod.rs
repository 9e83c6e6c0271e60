//! Sets up what the API has no call for: human members, roles, deprovisioned users, Dives, running Ducklings.
//!
//! A seed adds to the organization. A user that exists is changed in the fields that are given; a token or
//! Dive of the same id is replaced, and so are the running Ducklings of each account that is named. A seed is
//! applied as a whole, or not at all if anything is wrong with it. If its tokens have ids, applying it again
//! changes nothing.

mod apply;
mod read;

pub use apply::SeedError;
pub(crate) use apply::apply;
