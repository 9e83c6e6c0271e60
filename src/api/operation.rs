//! An operation of the API. Its calls share an id in the log, a time limit and the stop.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use jiff::Timestamp;
use reqwest::Method;
use secrecy::SecretString;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokio::time::{Instant, timeout};
use tracing::{Level, debug, enabled, trace};

use super::api_request::ApiRequest;
use super::client_inner::ClientInner;
use super::error::{Exchange, undecodable};
use super::json::{self, Unreadable};
use super::mask::{CallMasker, Masker};
use super::operation_clock::OperationClock;
use super::request_window::RequestWindow;
use super::retry::{self, Finished};
use super::transport::{BodyEnd, Request, Response, SendError};
use super::{Error, Reply, text};

#[cfg(test)]
mod tests;

/// An operation, which may take several calls.
pub(super) struct Operation {
    inner: Arc<ClientInner>,
    /// An id of this provider that identifies the log lines of one operation.
    id: String,
    window: RequestWindow,
    /// The masker of the client's call, which may learn secrets until a text is printed.
    masker: CallMasker,
    clock: OperationClock,
}

impl Operation {
    pub(super) fn new(inner: &Arc<ClientInner>, window: &RequestWindow, masker: &CallMasker) -> Self {
        let number = inner.operations.fetch_add(1, Ordering::Relaxed);
        Operation {
            inner: Arc::clone(inner),
            id: format!("{:08x}-{number}", inner.log_id),
            window: window.clone(),
            masker: masker.clone(),
            clock: OperationClock::default(),
        }
    }

    /// Makes a call with as many attempts as are necessary and allowed. Returns `Ok` only for a 2xx.
    pub(super) async fn send(&self, api_request: ApiRequest) -> Result<Success, Error> {
        let inner = &*self.inner;
        let path = api_request.path();
        let mut exchange = unsent(api_request.method.clone(), path.clone(), inner);
        if let Some(segment) = api_request.bad_segment() {
            return Err(Error::invalid(exchange, segment));
        }
        let public_texts = api_request.public_texts();
        let write = api_request
            .written_account()
            .map(|username| inner.generations.begin(username));
        let request = Request {
            method: api_request.method,
            url: inner.base_url.join(&path, &api_request.query),
            body: api_request.body.map(|body| body.to_string()),
        };
        self.clock.begin_call();
        let finished = retry::run(
            &inner.policy,
            &request.method,
            &self.window,
            &self.clock,
            |attempt| self.attempt(&request, &path, attempt, &public_texts),
        )
        .await;
        self.clock.end_call();
        if let Some(write) = write
            && !finished.earlier_lost
            && !retry::is_lost(&finished.result)
        {
            write.settled();
        }

        let masker = self.masker(&public_texts);
        exchange.sent_at = self.clock.requested();
        exchange.attempts = finished.attempts;
        exchange.earlier_lost = finished.earlier_lost;
        if let Ok(response) = &finished.result {
            exchange.status = Some(response.status);
            exchange.date = response.date().and_then(|date| Timestamp::try_from(date).ok());
        }
        match finished {
            Finished {
                result: Ok(response), ..
            } if response.is_success() => Ok(Success {
                exchange,
                response,
                masker,
            }),
            finished => {
                let error = Error::from_finished(exchange, finished, &masker);
                Err(if error.is_unauthorized() || error.is_forbidden() {
                    let local = Timestamp::try_from((inner.now)()).unwrap_or(Timestamp::UNIX_EPOCH);
                    let now = error.date().unwrap_or(local);
                    error.about_token(inner.credential.describe(now))
                } else {
                    error
                })
            }
        }
    }

    /// Deletes an object. A 2xx is a success, unless its body is a page, because then the API itself did not
    /// respond. After an attempt that may have been processed, a 404 `NOT_FOUND` is the success of that
    /// attempt.
    pub(super) async fn delete(&self, api_request: ApiRequest) -> Result<Reply<()>, Error> {
        match self.send(api_request).await {
            Ok(success) => Ok(success.confirmed()?.reply(())),
            Err(error) if error.is_gone() && error.exchange().earlier_lost => Ok(error.exchange().reply(())),
            Err(error) => Err(error),
        }
    }

    /// Waits for a permit and for the pace, sends the request once, and logs the result. The permit is released
    /// before the wait for the next attempt.
    async fn attempt(
        &self,
        request: &Request,
        path: &str,
        attempt: u32,
        public_texts: &[String],
    ) -> Result<Response, SendError> {
        let inner = &*self.inner;
        let _permit = tokio::select! {
            biased;
            () = self.window.ended() => return Err(SendError::Interrupted),
            () = self.clock.expired() => return Err(SendError::Overdue { sent: false }),
            permit = inner.request_permits.acquire() => permit.map_err(|_| SendError::Interrupted)?,
        };
        let permit = inner.pace.acquire(&self.window, &self.clock).await?;
        self.clock.record_request();
        if let Some(body) = &request.body {
            self.log_body(attempt, "request body", body.as_bytes(), public_texts);
        }
        let started = Instant::now();
        let (left, limit) = (self.clock.remaining(), inner.request_timeout);
        let result = timeout(limit.min(left), inner.transport.send(request))
            .await
            .unwrap_or(Err(if left < limit {
                SendError::Overdue { sent: true }
            } else {
                SendError::TimedOut(limit)
            }));
        let duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        debug!(
            method = request.method.as_str(),
            path,
            status = result.as_ref().ok().map(|response| response.status),
            error = result
                .as_ref()
                .err()
                .map(|failure| self.masker(public_texts).sanitize(&failure.to_string())),
            attempt,
            duration_ms,
            request_id = self.id,
            "API request"
        );
        if let Ok(response) = &result {
            if response.status == 429 {
                inner
                    .pace
                    .refused(permit, retry::requested_delay(&result, inner.policy.now));
            } else {
                inner.pace.accepted(permit);
            }
            self.log_body(attempt, "response body", &response.body, public_texts);
        }
        result
    }

    /// Returns the masker for a text about a call with these texts that are not secret.
    fn masker(&self, public_texts: &[String]) -> Masker {
        self.masker
            .current()
            .with_public_texts(public_texts.iter().cloned())
    }

    fn log_body(&self, attempt: u32, what: &str, body: &[u8], public_texts: &[String]) {
        // A large body is only masked if it is logged.
        if enabled!(Level::TRACE) {
            let body = self.masker(public_texts).body(body);
            trace!(attempt, request_id = self.id, body, "{what}");
        }
    }
}

/// A successful response whose body is not decoded yet.
pub(super) struct Success {
    pub(super) exchange: Exchange,
    response: Response,
    masker: Masker,
}

impl Success {
    /// Returns the reply with a body decoded from this response.
    pub(super) fn reply<T>(self, body: T) -> Reply<T> {
        self.exchange.reply(body)
    }

    /// Decodes the body as the type that the caller needs.
    pub(super) fn json<T: DeserializeOwned>(self) -> Result<Reply<T>, Error> {
        let success = self.complete()?;
        match success.parts() {
            Ok(value) => Ok(success.reply(value)),
            Err(why) => Err(success.malformed(&why.to_string())),
        }
    }

    /// Decodes the body, or a part of it, as a type that may borrow from it.
    pub(super) fn parts<'a, T: Deserialize<'a>>(&'a self) -> Result<T, Unreadable> {
        json::read(&self.response.body)
    }

    /// Returns the response if its body is complete.
    pub(super) fn complete(mut self) -> Result<Self, Error> {
        match std::mem::replace(&mut self.response.end, BodyEnd::Complete) {
            BodyEnd::Complete => Ok(self),
            BodyEnd::Lost(cause) => Err(Error::dropped(self.exchange, &cause)),
            BodyEnd::TooLarge(limit) => {
                Err(self.malformed(&format!("its body is larger than {} MiB", limit >> 20)))
            }
            BodyEnd::UnsupportedEncoding(name) => Err(self.malformed(&undecodable(&name))),
        }
    }

    /// Returns the response to a call that needs no body, unless the body is a page of a gateway.
    pub(super) fn confirmed(self) -> Result<Self, Error> {
        if let BodyEnd::UnsupportedEncoding(name) = &self.response.end {
            let fault = undecodable(name);
            return Err(self.malformed(&fault));
        }
        if !self.response.is_page() {
            return Ok(self);
        }
        let fault = Unreadable::Page(text::page_title(&self.response.body)).to_string();
        Err(self.malformed(&fault).with_page())
    }

    /// Adds a secret that no error about the response may quote.
    pub(super) fn with_secret(self, secret: &SecretString) -> Self {
        Success {
            masker: self.masker.with_secret(secret),
            ..self
        }
    }

    /// Returns the error for a response that differs from the API's documentation. `detail` is the end of the
    /// sentence.
    pub(super) fn malformed(self, detail: &str) -> Error {
        let detail = self.masker.sanitize(detail);
        Error::malformed(self.exchange, detail)
    }
}

/// Returns the exchange of a request that has not been sent yet.
fn unsent(method: Method, path: String, inner: &ClientInner) -> Exchange {
    let url = inner.base_url.join(&path, &[]).into();
    Exchange {
        method,
        path,
        url,
        address: inner.base_url.address(),
        proxy: inner.proxy.clone(),
        attempts: 0,
        sent_at: None,
        status: None,
        date: None,
        earlier_lost: false,
    }
}
