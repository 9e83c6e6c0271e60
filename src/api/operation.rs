//! One operation of the API: its calls share an id in the log and one answer to an interruption.

use std::sync::{Arc, atomic::Ordering};

use jiff::Timestamp;
use secrecy::SecretString;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::time::{Instant, timeout};
use tracing::{Level, debug, enabled, trace};

use super::{
    Client, Error, Reply,
    call::Call,
    client::Shared,
    error::Exchange,
    mask::Masker,
    retry::{self, Finished},
    stop::Scope,
    transport::{BodyEnd, Failure, Request, Response},
};

#[cfg(test)]
mod tests;

/// A client at work on one operation, which may take several calls.
pub(super) struct Operation {
    client: Arc<Shared>,
    /// Ours, to find the lines of one operation in the log; the API knows no such thing.
    id: String,
    scope: Scope,
}

impl Client {
    /// Starts an operation of this client's call.
    pub(super) fn operation(&self) -> Operation {
        let client = Arc::clone(&self.shared);
        let number = client.operations.fetch_add(1, Ordering::Relaxed);
        Operation {
            id: format!("{:08x}-{number}", client.instance),
            client,
            scope: self.scope.clone(),
        }
    }
}

impl Operation {
    /// Makes a call with as many attempts as it takes and may have. Only a 2xx is `Ok`.
    pub(super) async fn send(&self, call: Call) -> Result<Answer, Error> {
        let client = &*self.client;
        let path = call.path();
        let mut exchange = Exchange::new(call.method.clone(), path.clone(), &client.base_url);
        if let Some(segment) = call.bad_segment() {
            return Err(Error::invalid(exchange, segment));
        }
        let request = Request {
            method: call.method,
            url: client.base_url.join(&path, &call.query),
            body: call.body.map(|body| body.to_string()),
        };
        let finished = retry::run(&client.policy, &request.method, &self.scope, |attempt| {
            self.attempt(&request, &path, attempt)
        })
        .await;

        exchange.attempts = finished.attempts;
        exchange.earlier_lost = finished.earlier_lost;
        if let Ok(response) = &finished.result {
            exchange.status = Some(response.status);
            exchange.date = response.date().and_then(|date| Timestamp::try_from(date).ok());
        }
        match finished {
            Finished {
                result: Ok(response), ..
            } if response.is_success() => Ok(Answer {
                exchange,
                response,
                masker: client.masker.clone(),
            }),
            finished => Err(Error::from_finished(exchange, finished, &client.masker)),
        }
    }

    /// Deletes what the call names. Any 2xx will do, whatever its body. After an attempt that may have been
    /// processed unseen, "not found" is the success of that attempt.
    pub(super) async fn delete(&self, call: Call) -> Result<Reply<()>, Error> {
        match self.send(call).await {
            Ok(answer) => Ok(answer.reply(())),
            Err(error) if error.is_gone() && error.earlier_lost() => Ok(Reply {
                body: (),
                date: error.date(),
                url: error.url().to_owned(),
            }),
            Err(error) => Err(error),
        }
    }

    /// Waits for a slot, sends once, and logs how it went. The slot is free again during the wait for the
    /// next attempt.
    async fn attempt(&self, request: &Request, path: &str, attempt: u32) -> Result<Response, Failure> {
        let client = &*self.client;
        let _slot = tokio::select! {
            biased;
            () = self.scope.ended() => return Err(Failure::Interrupted),
            slot = client.slots.acquire() => slot.map_err(|_| Failure::Interrupted)?,
        };
        if let Some(body) = &request.body {
            self.log_body(attempt, "request body", body.as_bytes());
        }
        let started = Instant::now();
        let limit = client.request_timeout;
        let result = timeout(limit, client.transport.send(request))
            .await
            .unwrap_or(Err(Failure::TimedOut(limit)));
        let duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        debug!(
            method = request.method.as_str(),
            path,
            status = result.as_ref().ok().map(|response| response.status),
            error = result
                .as_ref()
                .err()
                .map(|failure| client.masker.foreign(&failure.to_string())),
            attempt,
            duration_ms,
            request_id = self.id,
            "API request"
        );
        if let Ok(response) = &result {
            self.log_body(attempt, "response body", &response.body);
        }
        result
    }

    fn log_body(&self, attempt: u32, what: &str, body: &[u8]) {
        // Masking a large body is work that most runs need not do.
        if enabled!(Level::TRACE) {
            let body = self.client.masker.body(body);
            trace!(attempt, request_id = self.id, body, "{what}");
        }
    }
}

/// The end of the sentence about a web page in the place of a response.
const PAGE: &str = "its body is an HTML page";

/// A successful answer that is still to be read.
pub(super) struct Answer {
    pub(super) exchange: Exchange,
    response: Response,
    masker: Masker,
}

impl Answer {
    /// The reply with a body read from this answer.
    pub(super) fn reply<T>(self, body: T) -> Reply<T> {
        Reply {
            body,
            date: self.exchange.date,
            url: self.exchange.url,
        }
    }

    /// Reads the body as the type the caller needs.
    pub(super) fn json<T: DeserializeOwned>(self) -> Result<Reply<T>, Error> {
        let body = self.complete()?;
        match serde_json::from_slice(&body.response.body) {
            Ok(value) => Ok(body.reply(value)),
            Err(error) => Err(body.unreadable(&error)),
        }
    }

    /// This answer, unless its body is a web page: that is not the API's, whatever its status says.
    pub(super) fn not_a_page(self) -> Result<Self, Error> {
        if self.is_page() {
            return Err(self.malformed(PAGE));
        }
        Ok(self)
    }

    fn is_page(&self) -> bool {
        self.response.body.trim_ascii_start().starts_with(b"<")
    }

    /// The body as JSON, if that is what it is: for answers of which no field is needed.
    pub(super) fn json_if_any(&self) -> Option<Value> {
        serde_json::from_slice(&self.response.body).ok()
    }

    /// This answer, if its body is all there.
    pub(super) fn complete(mut self) -> Result<Self, Error> {
        match std::mem::replace(&mut self.response.end, BodyEnd::Complete) {
            BodyEnd::Complete => Ok(self),
            BodyEnd::Lost(source) => Err(Error::dropped(self.exchange, source)),
            BodyEnd::Capped(limit) => {
                Err(self.malformed(&format!("its body is larger than {} MiB", limit >> 20)))
            }
        }
    }

    /// This answer, with one more secret that no error about it may quote.
    pub(super) fn knowing(self, secret: &SecretString) -> Self {
        Answer {
            masker: self.masker.and(secret),
            ..self
        }
    }

    /// The error for a body that is not the JSON it should be. The reader's own error is not kept as the
    /// source, because it can quote the body.
    fn unreadable(self, error: &serde_json::Error) -> Error {
        if self.is_page() {
            return self.malformed(PAGE);
        }
        self.malformed(&format!("its body is not what the API promises: {error}"))
    }

    /// The error for an answer that breaks the API's promise; `detail` ends the sentence.
    pub(super) fn malformed(self, detail: &str) -> Error {
        let detail = self.masker.foreign(detail);
        Error::malformed(self.exchange, detail)
    }
}
