//! Tests of the transport over real sockets, against a server that sends raw bytes.

mod bodies;
mod connections;
mod failures;
mod http2;
mod proxies;
mod raw_server;
mod requests;
mod streams;

use crate::api::Error;
use raw_server::{RawServer, Reaction};

const DUCKLINGS: &str =
    r#"{"read_write":{"instance_size":"pulse"},"read_scaling":{"instance_size":"pulse","flock_size":2}}"#;

async fn error_of(reaction: Reaction) -> Error {
    RawServer::serve([reaction])
        .await
        .client()
        .await
        .ducklings("ada")
        .await
        .unwrap_err()
}
