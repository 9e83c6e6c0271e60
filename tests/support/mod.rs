//! Code that several test binaries share. Each uses a part of it.
#![allow(dead_code, unreachable_pub)]

pub mod plugin_client;
pub mod type_json;
