//! Values in JSON, the form in which they lie in a state file.
//!
//! As with msgpack, the type drives the codec.

mod decode;
mod encode;
mod node;
#[cfg(test)]
mod tests;

pub use decode::{UnknownMembers, decode};
pub use encode::encode;

pub(super) use node::Node;
