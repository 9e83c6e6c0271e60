//! The one door to the code generated from `proto/`.
//!
//! Protocol types stop at `framework::wire` and `framework::server` ([`tfplugin6`]) and at
//! [`crate::plugin`] ([`plugin`]); no other module names them.

use std::fmt;

/// Terraform's plugin protocol, version 6.11. The comments are those of `proto/tfplugin6.proto`.
pub mod tfplugin6 {
    #![allow(missing_docs, clippy::all, clippy::pedantic)]
    include!(concat!(env!("OUT_DIR"), "/tfplugin6.rs"));
}

/// go-plugin's own services: controller, standard streams, broker.
pub mod plugin {
    #![allow(missing_docs, clippy::all, clippy::pedantic)]
    include!(concat!(env!("OUT_DIR"), "/plugin.rs"));
}

/// The compiled `proto/` files, for the test that holds them against the table of numbers.
#[doc(hidden)]
pub const FILE_DESCRIPTOR_SET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));

// A value on the wire may hold a secret, so its Debug tells sizes only.

impl fmt::Debug for tfplugin6::DynamicValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "DynamicValue({} bytes of msgpack, {} bytes of JSON)",
            self.msgpack.len(),
            self.json.len()
        )
    }
}

impl fmt::Debug for tfplugin6::RawState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "RawState({} bytes of JSON, {} flatmap entries)",
            self.json.len(),
            self.flatmap.len()
        )
    }
}
