//! The API as a transport that responds from memory.

use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use http::HeaderMap;
use motherduck_provider::api::transport::{BodyEnd, Request, Response, SendError, Transport};
use serde_json::{Value, json};

use crate::objects::NEW_ACCOUNT;

/// The number of tokens in a listing. The first created token is among them.
const LISTED: usize = 100;

/// An API that stores the ids and names of a listing and nothing else.
pub(crate) struct MemoryTransport {
    tokens: Mutex<Tokens>,
}

struct Tokens {
    /// The ids and names of the listing.
    listed: Vec<Value>,
    created: usize,
}

impl MemoryTransport {
    pub(crate) fn new() -> Self {
        let listed = (1..LISTED).map(|number| token(number, &format!("token_{number}")));
        MemoryTransport {
            tokens: Mutex::new(Tokens {
                listed: listed.collect(),
                created: LISTED - 1,
            }),
        }
    }

    fn create(&self, request: &Request) -> Value {
        let body: Value =
            serde_json::from_str(request.body.as_deref().unwrap_or_default()).unwrap_or_default();
        let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        tokens.created += 1;
        let mut created = token(tokens.created, body["name"].as_str().unwrap_or_default());
        if tokens.listed.len() < LISTED {
            tokens.listed.push(created.clone());
        }
        created["token"] = json!("the secret of a token");
        created
    }
}

fn token(number: usize, name: &str) -> Value {
    json!({
        "id": format!("00000000-0000-4000-8000-{number:012}"), "name": name, "token_type": "read_write",
        "created_ts": "2026-01-01T00:00:00Z", "read_only": false,
    })
}

#[async_trait]
impl Transport for MemoryTransport {
    async fn send(&self, request: &Request) -> Result<Response, SendError> {
        let path = request.url.path();
        let ducklings = || {
            json!({
                "read_write": { "instance_size": "standard", "cooldown_seconds": 60 },
                "read_scaling": { "instance_size": "pulse", "flock_size": 3 },
            })
        };
        let (status, body) = match request.method.as_str() {
            "GET" if path.contains(NEW_ACCOUNT) => {
                (404, json!({ "code": "NOT_FOUND", "message": "No such user" }))
            }
            "GET" if path.ends_with("/tokens") => {
                let tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
                (200, json!({ "tokens": tokens.listed }))
            }
            "POST" if path.ends_with("/tokens") => (200, self.create(request)),
            "POST" => (200, json!({ "username": NEW_ACCOUNT })),
            _ => (200, ducklings()),
        };
        Ok(Response {
            status,
            headers: HeaderMap::new(),
            body: body.to_string().into_bytes(),
            end: BodyEnd::Complete,
        })
    }
}
