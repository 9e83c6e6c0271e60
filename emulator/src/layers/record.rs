//! Logs requests and sets the `Date` header of responses.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Instant;

use axum::extract::{Request, State};
use axum::http::header::DATE;
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use jiff::Timestamp;
use percent_encoding::percent_decode_str;

use super::inject::Injected;
use crate::app::App;
use crate::log::LoggedRequest;
use crate::segments::is_control;
use crate::state::Organization;

/// A request in flight. It is logged when dropped, so that a request whose client disconnects is logged too.
struct Pending {
    app: Arc<App>,
    arrival: u64,
    arrived_at: Instant,
    at: Timestamp,
    method: String,
    path: String,
    query: Option<String>,
    status: Option<StatusCode>,
    fault: Option<&'static str>,
}

impl Pending {
    fn new(app: Arc<App>, request: &Request) -> Self {
        Self {
            arrival: app.log.arrive(),
            arrived_at: Instant::now(),
            at: app.clock.now(),
            method: request.method().to_string(),
            path: request.uri().path().to_owned(),
            query: request.uri().query().map(str::to_owned),
            status: None,
            fault: None,
            app,
        }
    }
}

/// Replaces secrets in a path or query, in case a client sends one in place of an id. Each part between two
/// separators is checked as it was sent and decoded.
fn masked(text: &str, separators: &[char], organization: &Organization) -> String {
    text.split_inclusive(separators)
        .map(|part| {
            let word = part.trim_end_matches(separators);
            let is_secret = organization.is_secret(word)
                || match Cow::from(percent_decode_str(word)) {
                    Cow::Borrowed(_) => false,
                    Cow::Owned(decoded) => {
                        std::str::from_utf8(&decoded).is_ok_and(|decoded| organization.is_secret(decoded))
                    }
                };
            if is_secret {
                format!("***{}", &part[word.len()..])
            } else {
                part.to_owned()
            }
        })
        .collect()
}

impl Drop for Pending {
    fn drop(&mut self) {
        let organization = self.app.organization();
        let path = masked(&self.path, &['/'], &organization);
        let query = self.query.as_deref();
        let query = query.map(|query| masked(query, &['&', '='], &organization));
        drop(organization);
        let request = LoggedRequest {
            at: self.at,
            method: std::mem::take(&mut self.method),
            path,
            query,
            status: self.status.map(|status| status.as_u16()),
            ms: u64::try_from(self.arrived_at.elapsed().as_millis()).unwrap_or(u64::MAX),
            fault: self.fault,
        };
        self.app.log.push(self.arrival, request);
    }
}

/// Logs each API request, and sets the `Date` header of every response to the emulator's clock.
pub(crate) async fn record(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let pending = (!is_control(request.uri().path())).then(|| Pending::new(app.clone(), &request));
    let mut response = next.run(request).await;
    if let Ok(date) = HeaderValue::try_from(app.clock.http_date_in(0)) {
        response.headers_mut().insert(DATE, date);
    }
    if let Some(mut pending) = pending {
        let injected = response.extensions().get::<Injected>().copied();
        pending.fault = injected.map(|fault| fault.kind);
        pending.status = injected
            .is_none_or(|fault| fault.is_sent)
            .then(|| response.status());
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::behaviour::Behaviour;

    #[test]
    fn masked_replaces_encoded_secrets() {
        let organization = Organization::new(Behaviour::default(), "a+b%c", Timestamp::UNIX_EPOCH);
        for (text, expected) in [
            ("/v1/users/a+b%c/tokens", "/v1/users/***/tokens"),
            ("/v1/users/a+b%25c", "/v1/users/***"),
            ("/%61%2Bb%25%63/", "/***/"),
            ("/v1//users/a+b", "/v1//users/a+b"),
            ("/%ff/%zz", "/%ff/%zz"),
        ] {
            assert_eq!(masked(text, &['/'], &organization), expected);
        }
        for (text, expected) in [
            ("token=a+b%25c&limit=1", "token=***&limit=1"),
            ("limit=1&a%2Bb%25c", "limit=1&***"),
            ("limit=1&&x==y&", "limit=1&&x==y&"),
            ("", ""),
        ] {
            assert_eq!(masked(text, &['&', '='], &organization), expected);
        }
    }
}
