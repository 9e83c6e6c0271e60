//! Sends requests: the guard checks each one before it is sent, the contract checks the response, and the
//! ledger records accounts.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use motherduck_contract::Contract;
use motherduck_emulator::Exchange;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::Method;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;

use crate::guard::is_harmless;
use crate::ledger::{Existence, Ledger};
use crate::outcome::Failure;
use crate::reply::Reply;
use crate::target::Target;

const TIMEOUT: Duration = Duration::from_secs(15);

/// The longest pause after a 429, and the number of repetitions.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
const PAUSES: usize = 6;

/// Characters that are not escaped in a segment of a path.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// Escapes a text as one segment of a path.
pub(crate) fn segment(text: &str) -> String {
    utf8_percent_encode(text, SEGMENT).to_string()
}

/// The server, and facts about its responses.
pub(crate) struct Api {
    http: reqwest::Client,
    base_url: String,
    token: SecretString,
    pub(crate) ledger: Ledger,
    sent: AtomicU64,
    observations: Mutex<Observations>,
}

/// Facts about all responses.
#[derive(Default)]
pub(crate) struct Observations {
    /// The violations of the contract, each kind once.
    pub(crate) violations: BTreeSet<String>,
    /// The rate limits that the server reported, each kind once.
    pub(crate) limits: BTreeSet<String>,
    /// The number of responses that reported a rate limit.
    pub(crate) limited: u64,
}

impl Api {
    pub(crate) fn new(target: &Target) -> reqwest::Result<Self> {
        let mut http = reqwest::Client::builder()
            .timeout(TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .user_agent(concat!("motherduck-conformity/", env!("CARGO_PKG_VERSION")));
        if is_loopback(&target.base_url) {
            http = http.no_proxy();
        }
        Ok(Self {
            http: http.build()?,
            base_url: target.base_url.trim_end_matches('/').to_owned(),
            token: target.token.clone(),
            ledger: Ledger::default(),
            sent: AtomicU64::new(0),
            observations: Mutex::default(),
        })
    }

    pub(crate) fn call(&self, method: Method, path: impl Into<String>) -> Call<'_> {
        Call {
            api: self,
            method,
            path: path.into(),
            body: None,
            bearer: Bearer::Admin,
            is_guarded: true,
            is_checked: true,
            repeats_429: true,
        }
    }

    pub(crate) fn get(&self, path: impl Into<String>) -> Call<'_> {
        self.call(Method::GET, path)
    }

    pub(crate) fn post(&self, path: impl Into<String>, body: Value) -> Call<'_> {
        self.call(Method::POST, path).json(body)
    }

    pub(crate) fn put(&self, path: impl Into<String>, body: Value) -> Call<'_> {
        self.call(Method::PUT, path).json(body)
    }

    pub(crate) fn delete(&self, path: impl Into<String>) -> Call<'_> {
        self.call(Method::DELETE, path)
    }

    pub(crate) fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    pub(crate) fn observations(&self) -> MutexGuard<'_, Observations> {
        self.observations.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_loopback(base_url: &str) -> bool {
    let host = reqwest::Url::parse(base_url).ok();
    let host = host.as_ref().and_then(reqwest::Url::host_str).unwrap_or_default();
    host == "localhost" || host == "[::1]" || host.starts_with("127.")
}

/// The token that a request carries.
enum Bearer {
    Admin,
    Token(SecretString),
    None,
}

/// A request that is not sent yet.
pub(crate) struct Call<'a> {
    api: &'a Api,
    method: Method,
    path: String,
    body: Option<Body>,
    bearer: Bearer,
    is_guarded: bool,
    is_checked: bool,
    repeats_429: bool,
}

enum Body {
    Json(Value),
    Text(&'static str),
}

impl Call<'_> {
    pub(crate) fn json(mut self, body: Value) -> Self {
        self.body = Some(Body::Json(body));
        self
    }

    /// Sets a body that may be invalid JSON.
    pub(crate) fn text(mut self, body: &'static str) -> Self {
        self.body = Some(Body::Text(body));
        self
    }

    /// Sends another token than the Admin's.
    pub(crate) fn bearer(mut self, token: &SecretString) -> Self {
        self.bearer = Bearer::Token(token.clone());
        self
    }

    pub(crate) fn without_token(mut self) -> Self {
        self.bearer = Bearer::None;
        self
    }

    /// Marks the request as harmless for a reason that the guard cannot check.
    pub(crate) fn known_to_be_harmless(mut self) -> Self {
        self.is_guarded = false;
        self
    }

    /// Does not check the response against the contract, because the check itself examines it.
    pub(crate) fn unchecked(mut self) -> Self {
        self.is_checked = false;
        self
    }

    /// Returns a 429 instead of repeating the request.
    pub(crate) fn without_retry(mut self) -> Self {
        self.repeats_429 = false;
        self
    }

    /// Sends the request. A 429 and a failed GET are repeated after a pause.
    pub(crate) async fn send(self) -> Result<Reply, Failure> {
        let json = match &self.body {
            Some(Body::Json(json)) => Some(json),
            _ => None,
        };
        if self.is_guarded && !is_harmless(&self.method, &self.path, json, &self.api.ledger) {
            return Err("a request that could change another object was not sent".into());
        }
        let created = json
            .filter(|_| self.method == Method::POST && self.path == "/v1/users")
            .and_then(|body| body["username"].as_str());
        let mut retries = usize::from(self.method == Method::GET);
        let mut pauses = PAUSES;
        loop {
            if let Some(name) = created {
                self.api.ledger.set(name, self.existence_before(name));
            }
            let reply = match self.send_once().await {
                Err(_) if retries > 0 => {
                    retries -= 1;
                    continue;
                }
                reply => reply?,
            };
            if let Some(name) = created {
                self.record_creation(name, reply.status);
            }
            if reply.status == 429 && self.repeats_429 && pauses > 0 {
                pauses -= 1;
                let seconds = reply.retry_after.as_ref().and_then(|text| text.parse().ok());
                let pause = Duration::from_secs(seconds.unwrap_or(1));
                tokio::time::sleep(pause.min(LONGEST_PAUSE)).await;
                continue;
            }
            return Ok(reply);
        }
    }

    /// An account that was created remains recorded as created, whatever the outcome of another attempt to
    /// create it.
    fn existence_before(&self, name: &str) -> Existence {
        match self.api.ledger.existence(name) {
            Existence::Created => Existence::Created,
            _ => Existence::Unknown,
        }
    }

    fn record_creation(&self, name: &str, status: u16) {
        let existence = match status {
            200..300 => Existence::Created,
            // The server refused the request.
            400..=407 | 409..500 if self.api.ledger.existence(name) != Existence::Created => {
                Existence::Absent
            }
            _ => return,
        };
        self.api.ledger.set(name, existence);
    }

    async fn send_once(&self) -> Result<Reply, Failure> {
        let api = self.api;
        let mut request = api
            .http
            .request(self.method.clone(), format!("{}{}", api.base_url, self.path));
        let secret = match &self.bearer {
            Bearer::Admin => Some(&api.token),
            Bearer::Token(secret) => Some(secret),
            Bearer::None => None,
        };
        if let Some(secret) = secret {
            request = request.header(AUTHORIZATION, format!("Bearer {}", secret.expose_secret()));
        }
        request = match &self.body {
            Some(Body::Json(json)) => request.json(json),
            Some(Body::Text(text)) => request.header(CONTENT_TYPE, "application/json").body(*text),
            None => request,
        };
        api.sent.fetch_add(1, Ordering::Relaxed);
        let failed = |error: reqwest::Error| {
            Failure(format!(
                "{} {}: {}",
                self.method,
                pattern(&self.path),
                kind(&error)
            ))
        };
        let response = request.send().await.map_err(failed)?;
        let status = response.status().as_u16();
        let header = |name| {
            let value = response.headers().get(name)?;
            value.to_str().ok().map(str::to_owned)
        };
        let (content_type, retry_after) = (header(CONTENT_TYPE), header(RETRY_AFTER));
        let bytes = response.bytes().await.map_err(failed)?.to_vec();
        let reply = Reply {
            status,
            body: serde_json::from_slice(&bytes).unwrap_or_default(),
            text: String::from_utf8_lossy(&bytes).into_owned(),
            retry_after,
        };
        self.record_response(&reply, content_type, bytes);
        Ok(reply)
    }

    fn record_response(&self, reply: &Reply, content_type: Option<String>, body: Vec<u8>) {
        let mut observations = self.api.observations();
        if reply.status == 429 {
            observations.limited += 1;
            let wait = match reply.retry_after.as_deref() {
                None => "without Retry-After",
                Some(text) if text.parse::<u64>().is_ok() => "with Retry-After in seconds",
                Some(text) if httpdate::parse_http_date(text).is_ok() => "with Retry-After as a date",
                Some(_) => "with a Retry-After of another form",
            };
            observations.limits.insert(format!("{} {wait}", reply.summary()));
        }
        // The contract does not describe responses of gateways.
        if !self.is_checked || reply.status > 500 {
            return;
        }
        let exchange = Exchange {
            method: self.method.to_string(),
            path: pattern(&self.path),
            status: reply.status,
            content_type,
            body,
        };
        if let Err(violation) = Contract::committed().check(&exchange) {
            observations.violations.insert(violation.to_string());
        }
    }
}

/// Replaces the names and ids in a path.
fn pattern(path: &str) -> String {
    let path = path.split('?').next().unwrap_or_default();
    let mut segments: Vec<&str> = path.split('/').collect();
    match segments.get(2).copied() {
        Some("users") => {
            for (position, name) in [(3, "{username}"), (5, "{token_id}")] {
                if let Some(segment) = segments.get_mut(position) {
                    *segment = name;
                }
            }
        }
        Some("dives") => {
            if let Some(segment) = segments.get_mut(3) {
                *segment = "{dive_id}";
            }
        }
        _ => {}
    }
    segments.join("/")
}

/// Returns the kind of the transport error. Its text would contain the address.
fn kind(error: &reqwest::Error) -> &'static str {
    if error.is_timeout() {
        "no response in time"
    } else if error.is_connect() {
        "no connection"
    } else if error.is_builder() {
        "a request that cannot be sent"
    } else {
        "no whole response"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pattern_replaces_names_in_a_path() {
        for (path, expected) in [
            ("/v1/users", "/v1/users"),
            ("/v1/users?page_token=secret", "/v1/users"),
            ("/v1/users/grace", "/v1/users/{username}"),
            (
                "/v1/users/grace/tokens/7",
                "/v1/users/{username}/tokens/{token_id}",
            ),
            ("/v1/users/grace/instances", "/v1/users/{username}/instances"),
            ("/v1/dives/7/embed-session", "/v1/dives/{dive_id}/embed-session"),
            ("/v1/active_accounts", "/v1/active_accounts"),
        ] {
            assert_eq!(pattern(path), expected);
        }
    }

    #[test]
    fn is_loopback_is_true_only_for_local_urls() {
        for url in ["http://127.0.0.1:8080", "http://localhost:1", "https://[::1]:1"] {
            assert!(is_loopback(url), "{url}");
        }
        assert!(!is_loopback("https://api.motherduck.com"));
    }
}
