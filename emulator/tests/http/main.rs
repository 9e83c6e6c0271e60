//! The emulator over real loopback connections: each endpoint's good and bad ways, and what stands in front of them.

mod access;
mod control;
mod dives;
mod ducklings;
mod front;
mod support;
mod switches;
mod tokens;
mod users;
