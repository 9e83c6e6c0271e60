//! The endpoints, a file for each group. Handlers parse the request and build the response; the rules are in
//! `state`.

mod control;
mod dives;
mod ducklings;
mod router;
mod specs;
mod tokens;
mod users;

pub(crate) use router::router;
