//! Values in msgpack, the format in which core and provider exchange them.
//!
//! Both sides know the type, and the codec needs it.

mod decode;
mod encode;
mod reader;
#[cfg(test)]
mod tests;

pub use decode::decode;
pub use encode::encode;
