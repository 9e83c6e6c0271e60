//! What several test binaries share. Each uses its own part of it.
#![allow(dead_code, unreachable_pub)]

pub mod plugin_client;
