//! HTTP between the provider and the emulator without a socket.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;

use async_trait::async_trait;
use http_body::Body as _;
use hyper::client::conn::http1;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST, HeaderValue};
use hyper_util::rt::TokioIo;
use motherduck_emulator::Emulator;
use motherduck_provider::api::Settings;
use motherduck_provider::api::transport::{BodyEnd, Cause, Request, Response, SendError, Transport};
use secrecy::ExposeSecret as _;
use tokio::task::JoinSet;

/// The maximum sizes of a body that the provider's own transport reads: of a success, and of an error.
const LIMITS: (usize, usize) = (16 << 20, 1 << 20);

/// A transport that sends each request to the emulator in this process, over a new connection.
pub(crate) struct InMemory {
    api: Arc<Emulator>,
    authorization: HeaderValue,
}

impl InMemory {
    pub(crate) fn new(api: Arc<Emulator>, settings: &Settings) -> Self {
        let authorization = format!("Bearer {}", settings.token.expose_secret());
        InMemory {
            api,
            authorization: authorization.try_into().expect("a header"),
        }
    }
}

#[async_trait]
impl Transport for InMemory {
    async fn send(&self, request: &Request) -> Result<Response, SendError> {
        let dropped = |error: hyper::Error| SendError::Dropped(Cause::new(error.to_string()));
        let (mut sender, connection) = http1::handshake(TokioIo::new(self.api.connect()))
            .await
            .map_err(dropped)?;
        // The connection is closed when the request ends, also if the provider does not wait for the
        // response.
        let mut connections = JoinSet::new();
        connections.spawn(connection);

        let url = &request.url;
        let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
        let sent = hyper::Request::builder()
            .method(request.method.clone())
            .uri(format!("{}{query}", url.path()))
            .header(HOST, "127.0.0.1")
            .header(AUTHORIZATION, self.authorization.clone())
            .header(CONTENT_TYPE, "application/json")
            .body(reqwest::Body::from(request.body.clone().unwrap_or_default()))
            .expect("a request");
        let (head, mut incoming) = sender.send_request(sent).await.map_err(dropped)?.into_parts();
        let limit = if head.status.is_success() {
            LIMITS.0
        } else {
            LIMITS.1
        };
        let (mut body, mut end) = (Vec::new(), BodyEnd::Complete);
        while let Some(frame) = poll_fn(|context| Pin::new(&mut incoming).poll_frame(context)).await {
            match frame.map(hyper::body::Frame::into_data) {
                Ok(Ok(bytes)) => body.extend_from_slice(&bytes),
                Ok(Err(_)) => {}
                Err(error) => {
                    end = BodyEnd::Lost(Cause::new(error.to_string()));
                    break;
                }
            }
            if body.len() > limit {
                body.truncate(limit);
                end = BodyEnd::TooLarge(limit);
                break;
            }
        }
        Ok(Response {
            status: head.status.as_u16(),
            headers: head.headers,
            body,
            end,
        })
    }
}
