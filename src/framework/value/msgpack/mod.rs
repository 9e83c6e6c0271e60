//! Values in msgpack, the form in which core and provider exchange them.
//!
//! The type is known to both sides and drives the codec.

mod decode;
mod encode;
mod reader;
#[cfg(test)]
mod tests;

pub use decode::decode;
pub use encode::encode;
