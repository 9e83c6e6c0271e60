//! Single calls of the provider, from the bytes of a request to the bytes of its response, without a network.
//!
//! `cargo bench` measures their time, and `cargo xtask bench` counts their instructions with the program of
//! this package. The API is a transport that responds from memory.

mod api;
mod call;
mod objects;
mod provider;

pub use call::{Call, calls};
