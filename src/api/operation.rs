//! An operation of the API. Its calls share an id in the log, a time limit and the stop.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use jiff::Timestamp;
use secrecy::SecretString;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokio::time::{Instant, timeout};
use tracing::{Level, debug, enabled, trace};

use super::api_request::ApiRequest;
use super::client_inner::ClientInner;
use super::error::{Exchange, Kind, undecodable};
use super::json::{self, Unreadable};
use super::mask::{CallMasker, Masker};
use super::operation_clock::OperationClock;
use super::request_window::RequestWindow;
use super::retry::{self, FinishedCall};
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
        let mut exchange = Exchange {
            method: api_request.method.clone(),
            path: path.clone(),
            url: inner.base_url.join(&path, &[]).into(),
            address: inner.base_url.address(),
            proxy: inner.proxy.clone(),
            ..Exchange::default()
        };
        if let Some(segment) = api_request.invalid_segment() {
            let segment = segment.to_owned();
            return Err(Error::new(exchange, Kind::Invalid { segment }));
        }
        let public_texts = api_request.public_texts();
        let write = api_request
            .written_account()
            .map(|username| inner.generations.begin_write(username));
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
            if matches!(response.status, 401 | 403) {
                let local = Timestamp::try_from((inner.policy.now)()).unwrap_or(Timestamp::UNIX_EPOCH);
                let now = exchange.date.unwrap_or(local);
                exchange.refused_token = Some(inner.credential.describe(now));
            }
        }
        match finished.result {
            Ok(response) if response.is_success() => Ok(Success {
                exchange,
                response,
                masker,
            }),
            result => {
                let finished = FinishedCall { result, ..finished };
                Err(Error::from_finished(exchange, finished, &masker))
            }
        }
    }

    /// Deletes an object. A 2xx is a success, unless its body is a page, because then the API itself did not
    /// respond. After an attempt that may have been processed, a 404 `NOT_FOUND` is the success of that
    /// attempt.
    pub(super) async fn delete(&self, api_request: ApiRequest) -> Result<Reply<()>, Error> {
        match self.send(api_request).await {
            Ok(success) => {
                success.ensure_from_api()?;
                Ok(success.reply(()))
            }
            Err(error) if error.is_gone() && error.exchange().earlier_lost => Ok(error.exchange().reply(())),
            Err(error) => Err(error),
        }
    }

    /// Waits for a permit and for the rate limiter, sends the request once, and logs the result. The permit is released
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
        let permit = inner.rate_limiter.acquire(&self.window, &self.clock).await?;
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
                    .rate_limiter
                    .refused(permit, retry::requested_delay(&result, inner.policy.now));
            } else {
                inner.rate_limiter.accepted(permit);
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
            let body = self.masker(public_texts).loggable_body(body);
            trace!(attempt, request_id = self.id, body, "{what}");
        }
    }
}

/// A successful response whose body is not decoded yet.
pub(super) struct Success {
    exchange: Exchange,
    response: Response,
    masker: Masker,
}

impl Success {
    /// Returns the reply with a body decoded from this response.
    pub(super) fn reply<T>(&self, body: T) -> Reply<T> {
        self.exchange.reply(body)
    }

    /// Returns the reply with the decoded body.
    pub(super) fn decoded_reply<T: DeserializeOwned>(&self) -> Result<Reply<T>, Error> {
        Ok(self.reply(self.decode()?))
    }

    /// Decodes the body, which must be complete.
    pub(super) fn decode<'a, T: Deserialize<'a>>(&'a self) -> Result<T, Error> {
        self.ensure_complete()?;
        self.decode_received()
            .map_err(|why| self.malformed(&why.to_string()))
    }

    /// Decodes the received part of the body.
    pub(super) fn decode_received<'a, T: Deserialize<'a>>(&'a self) -> Result<T, Unreadable> {
        json::read(&self.response.body)
    }

    /// Returns an error if the body is incomplete.
    pub(super) fn ensure_complete(&self) -> Result<(), Error> {
        match &self.response.end {
            BodyEnd::Complete => Ok(()),
            BodyEnd::Lost(cause) => {
                let cause = self.masker.sanitize(&cause.words);
                Err(Error::new(self.exchange.clone(), Kind::Dropped { cause }))
            }
            BodyEnd::TooLarge(limit) => {
                Err(self.malformed(&format!("its body is larger than {} MiB", limit >> 20)))
            }
            BodyEnd::UnsupportedEncoding(name) => Err(self.malformed(&undecodable(name))),
        }
    }

    /// Returns an error if the body is a page of a gateway or cannot be decoded. Calls that need no body use
    /// this check.
    pub(super) fn ensure_from_api(&self) -> Result<(), Error> {
        if let BodyEnd::UnsupportedEncoding(name) = &self.response.end {
            return Err(self.malformed(&undecodable(name)));
        }
        if !self.response.is_page() {
            return Ok(());
        }
        let fault = Unreadable::Page(text::page_title(&self.response.body)).to_string();
        Err(self.error(&fault, true))
    }

    /// Adds the id of the created object to all errors about the response.
    pub(super) fn set_created_id(&mut self, id: String) {
        self.exchange.created_id = Some(id);
    }

    /// Masks a secret in all errors about the response.
    pub(super) fn mask_secret(&mut self, secret: &SecretString) {
        self.masker = std::mem::take(&mut self.masker).with_secret(secret);
    }

    /// Returns the error for a response that differs from the API's documentation. `fault` is the end of the
    /// sentence.
    pub(super) fn malformed(&self, fault: &str) -> Error {
        self.error(fault, false)
    }

    fn error(&self, fault: &str, is_page: bool) -> Error {
        let fault = self.masker.sanitize(fault);
        Error::new(self.exchange.clone(), Kind::Malformed { fault, is_page })
    }
}
