//! The emulator over loopback connections: success and failure of each endpoint, and the layers above them.

mod access;
mod control;
mod dives;
mod ducklings;
mod faults;
mod page;
mod rate_limit;
mod server;
mod support;
mod switches;
mod tokens;
mod users;
