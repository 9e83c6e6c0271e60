//! The emulator over real loopback connections: each endpoint's good and bad ways, and what stands in front of them.

mod access;
mod control;
mod dives;
mod ducklings;
mod faults;
mod front;
mod rate_limit;
mod support;
mod switches;
mod tokens;
mod users;
