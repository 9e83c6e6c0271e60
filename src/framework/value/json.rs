//! Values in JSON, the format of state files.
//!
//! As with msgpack, the codec needs the type. The provider decodes JSON, and only tests encode it.

mod decode;
#[cfg(any(test, fuzzing))]
mod encode;
mod node;
#[cfg(test)]
mod tests;

pub use decode::{UnknownMembers, decode};
#[cfg(any(test, fuzzing))]
pub use encode::to_json;

use node::Node;
