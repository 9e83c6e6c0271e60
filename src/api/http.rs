//! The HTTP transport: reqwest over HTTP/1.1 or HTTP/2, without its automatic retries, redirects and proxies.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use async_trait::async_trait;
use reqwest::header::{ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use secrecy::ExposeSecret as _;

use super::decoding::{self, BodyDecoder};
use super::transport::{Request, Response, SendError, Transport};
use super::{Settings, SetupError, roots, send_error};

/// The maximum size of the body of a success, in decoded bytes. A listing of ten thousand users has about
/// three million.
const SUCCESS_LIMIT: usize = 16 << 20;

/// The maximum size of an error body, in decoded bytes; only its beginning is shown.
const ERROR_LIMIT: usize = 1 << 20;

/// The maximum time for a connection. It is shorter with a short request timeout, so that "could not
/// connect", after which a request can be repeated, differs from "did not respond", after which it may not
/// be.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long an unused connection is kept. This is less than the minute after which load balancers commonly
/// close it, because a request that is sent into a closing connection is lost, and a POST is then not
/// repeated.
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);

const JSON: HeaderValue = HeaderValue::from_static("application/json");

#[cfg(test)]
mod tests;

/// Sends requests with reqwest.
pub(super) struct HttpTransport {
    client: reqwest::Client,
    authorization: HeaderValue,
}

impl HttpTransport {
    /// Prepares connections by the settings and sends no request.
    pub(super) async fn new(settings: &Settings) -> Result<Self, SetupError> {
        let mut authorization = HeaderValue::from_str(&format!("Bearer {}", settings.token.expose_secret()))
            .map_err(|_| SetupError::Token)?;
        authorization.set_sensitive(true);
        let user_agent =
            HeaderValue::from_bytes(settings.user_agent.as_bytes()).map_err(|_| SetupError::UserAgent)?;

        let base = &settings.base_url;
        let mut builder = reqwest::Client::builder()
            .tls_backend_preconfigured(roots::tls_config(settings.ca_certificate_file.clone()).await?)
            .https_only(base.url().scheme() == "https")
            .user_agent(user_agent)
            .default_headers(HeaderMap::from_iter([
                (ACCEPT, JSON),
                (ACCEPT_ENCODING, decoding::ACCEPTED),
            ]))
            .connect_timeout(CONNECT_TIMEOUT.min(settings.request_timeout / 4 * 3))
            .pool_idle_timeout(IDLE_TIMEOUT)
            // A redirect would send the token to another server and turn a POST into a GET.
            .redirect(reqwest::redirect::Policy::none())
            // `retry` decides about repetitions, and counts and logs the attempts.
            .retry(reqwest::retry::never())
            // The library interprets the environment differently from the provider.
            .no_proxy();
        if let Some(proxy) = &settings.proxy
            && !base.is_loopback()
        {
            builder = builder.proxy(proxy.to_reqwest()?);
        }
        #[cfg(feature = "static")]
        {
            builder = builder.dns_resolver(std::sync::Arc::new(super::resolver::Resolver::system()));
        }
        if let Some(name) = base.localhost_name() {
            // Not every system resolves these names to this machine, and plain http is allowed for them.
            let loopback = [
                SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
                SocketAddr::from((Ipv6Addr::LOCALHOST, 0)),
            ];
            builder = builder.resolve_to_addrs(name, &loopback);
        }
        Ok(HttpTransport {
            client: builder.build()?,
            authorization,
        })
    }
}

#[async_trait]
impl Transport for HttpTransport {
    async fn send(&self, request: &Request) -> Result<Response, SendError> {
        let mut builder = self
            .client
            .request(request.method.clone(), request.url.clone())
            .header(AUTHORIZATION, self.authorization.clone());
        if let Some(body) = &request.body {
            builder = builder.header(CONTENT_TYPE, JSON).body(body.clone());
        }
        let mut received = builder.send().await.map_err(send_error::classify_request_error)?;
        let status = received.status();
        let headers = std::mem::take(received.headers_mut());
        let limit = if status.is_success() {
            SUCCESS_LIMIT
        } else {
            ERROR_LIMIT
        };
        let mut decoder = BodyDecoder::new(&headers, limit);
        loop {
            match received.chunk().await {
                Ok(Some(chunk)) if decoder.decode(&chunk) => {}
                Ok(Some(_) | None) => break,
                Err(error) => {
                    decoder.connection_lost(send_error::describe_body_error(error));
                    break;
                }
            }
        }
        let (body, end) = decoder.finish();
        Ok(Response {
            status: status.as_u16(),
            headers,
            body,
            end,
        })
    }
}
