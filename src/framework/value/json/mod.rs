//! Values in JSON, the form in which they lie in a state file.
//!
//! As with msgpack, the type drives the codec. The provider reads JSON and never writes it; tests do.

mod decode;
#[cfg(any(test, fuzzing))]
mod encode;
mod node;
#[cfg(test)]
mod tests;

pub use decode::{UnknownMembers, decode};
#[cfg(any(test, fuzzing))]
pub use encode::encode;

pub(super) use node::Node;
