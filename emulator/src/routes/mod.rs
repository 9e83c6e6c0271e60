//! The endpoints, a file per group. Handlers read the request and word the answer; the rules are in `state`.

mod active_accounts;
mod control;
mod dives;
mod ducklings;
mod router;
mod specs;
mod tokens;
mod users;

pub(crate) use router::router;
