//! Tests of the transport over real sockets, against a server that sends raw bytes.

mod bodies;
mod connections;
mod failures;
mod http2;
mod listening;
mod proxies;
mod requests;
mod streams;

use crate::api::Error;
use listening::{Listening, Reaction};

const DUCKLINGS: &str =
    r#"{"read_write":{"instance_size":"pulse"},"read_scaling":{"instance_size":"pulse","flock_size":2}}"#;

async fn error_of(reaction: Reaction) -> Error {
    Listening::serve([reaction])
        .await
        .client()
        .await
        .ducklings("ada")
        .await
        .unwrap_err()
}
