//! The code generated from `proto/`.
//!
//! Only `framework::wire` and `framework::server` use protocol types ([`tfplugin6`]), and only
//! [`crate::plugin`] uses [`plugin`].

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

/// The compiled `proto/` files, for the test that compares them with the table of numbers.
#[doc(hidden)]
pub const FILE_DESCRIPTOR_SET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));

// A value of a message may contain a secret, so its `Debug` prints only sizes.

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

#[cfg(test)]
mod tests {
    use super::tfplugin6::{DynamicValue, RawState, read_resource};

    #[test]
    fn debug_omits_values() {
        let value = DynamicValue {
            msgpack: b"secret".to_vec(),
            json: b"secret".to_vec(),
        };
        let state = RawState {
            json: b"secret".to_vec(),
            flatmap: [("k".into(), "secret".into())].into(),
        };
        let request = read_resource::Request {
            current_state: Some(value.clone()),
            ..Default::default()
        };
        // The secret is searched as text and as the list of bytes that a derived `Debug` prints.
        for text in [format!("{value:?}"), format!("{state:?}"), format!("{request:?}")] {
            assert!(!text.contains("secret") && !text.contains("115, 101"), "{text}");
        }
        assert_eq!(
            format!("{value:?}"),
            "DynamicValue(6 bytes of msgpack, 6 bytes of JSON)"
        );
    }
}
