//! State stores: this provider has none, so every call is an error.

use futures_util::stream;
use tonic::codegen::BoxStream;

use super::super::diagnostics::{Diagnostic, Diagnostics};
use super::super::wire;
use crate::proto::tfplugin6 as proto;
use proto::{read_state_bytes, write_state_bytes};

pub(super) fn unknown_state_store(type_name: &str) -> Diagnostics {
    Diagnostic::error(
        "Unknown state store",
        format!("This version of the provider has no state store {type_name:?}, nor any other."),
    )
    .into()
}

/// Returns that error as the response to a read.
pub(super) fn read_response(type_name: &str) -> BoxStream<read_state_bytes::Response> {
    let response = read_state_bytes::Response {
        diagnostics: wire::diagnostics(unknown_state_store(type_name)),
        ..Default::default()
    };
    Box::pin(stream::once(async { Ok(response) }))
}

/// Returns that error as the response to a write, of which `first` is the first message.
pub(super) fn write_response(first: Option<write_state_bytes::RequestChunk>) -> write_state_bytes::Response {
    let meta = first.and_then(|chunk| chunk.meta);
    let type_name = meta.map(|meta| meta.type_name).unwrap_or_default();
    write_state_bytes::Response {
        diagnostics: wire::diagnostics(unknown_state_store(&type_name)),
    }
}
