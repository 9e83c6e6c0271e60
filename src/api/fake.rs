//! Scripted transports and transports that call a function, for tests of the client without a network.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::time::Instant;

use super::retry::RetryPolicy;
use super::transport::{BodyEnd, Cause, Request, Response, SendError, Transport};
use super::{BaseUrl, Client, Ducklings, ReadScaling, ReadWrite, Settings, Token};

/// The bearer token of every client of this module.
pub(crate) const TOKEN: &str = "s3cret-admin-token";

/// Returns the local clock of every client of this module: 2026-06-19 00:00:00 UTC.
pub(crate) fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_781_827_200)
}

/// Returns the settings of a client before a test changes them.
pub(crate) fn settings() -> Settings {
    Settings {
        base_url: BaseUrl::parse("https://api.motherduck.com").unwrap(),
        token: TOKEN.into(),
        token_source: "the environment variable MOTHERDUCK_TOKEN".to_owned(),
        proxy: None,
        request_timeout: Duration::from_secs(30),
        max_retries: 4,
        max_concurrent_requests: 16,
        ca_certificate_file: None,
        user_agent: "test/1".to_owned(),
    }
}

/// A response of the script.
#[derive(Clone)]
pub(crate) struct FakeResponse {
    status: u16,
    headers: HeaderMap,
    body: Vec<u8>,
    end: fn() -> BodyEnd,
}

/// Returns a response with this status and no body.
pub(crate) fn status(status: u16) -> FakeResponse {
    FakeResponse {
        status,
        headers: HeaderMap::new(),
        body: Vec::new(),
        end: || BodyEnd::Complete,
    }
}

/// Returns a read/write token with this id, without a name and an expiry.
pub(crate) fn token(id: &str) -> Token {
    Token {
        id: id.into(),
        name: None,
        description: None,
        expire_at: None,
        created_ts: "2026-01-01T00:00:00Z".into(),
        read_only: false,
        token_type: "read_write".into(),
    }
}

/// Returns Ducklings whose read scaling pool is `pulse` and has a cooldown.
pub(crate) fn ducklings() -> Ducklings {
    Ducklings {
        read_write: ReadWrite {
            instance_size: "standard".into(),
            cooldown_seconds: Some(90),
        },
        read_scaling: ReadScaling {
            instance_size: "pulse".into(),
            flock_size: 4,
            cooldown_seconds: Some(1),
        },
    }
}

/// Returns the response for an account that does not exist.
pub(crate) fn not_found() -> FakeResponse {
    status(404).json(&json!({ "code": "NOT_FOUND", "message": "User not found" }))
}

impl FakeResponse {
    pub(crate) fn json(self, body: &Value) -> Self {
        self.text(&body.to_string())
    }

    pub(crate) fn text(self, body: &str) -> Self {
        self.bytes(body.as_bytes().to_vec())
    }

    pub(super) fn bytes(self, body: Vec<u8>) -> Self {
        FakeResponse { body, ..self }
    }

    pub(crate) fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.insert(
            HeaderName::from_static(name),
            HeaderValue::from_str(value).unwrap(),
        );
        self
    }

    /// Breaks the connection within the body.
    pub(crate) fn cut_short(self) -> Self {
        FakeResponse {
            end: || BodyEnd::Lost(Cause::new("the connection was reset")),
            ..self
        }
    }

    /// Marks the body as too large to read.
    pub(crate) fn capped(self) -> Self {
        FakeResponse {
            end: || BodyEnd::TooLarge(16 << 20),
            ..self
        }
    }

    pub(super) fn response(self) -> Response {
        Response {
            status: self.status,
            headers: self.headers,
            body: self.body,
            end: (self.end)(),
        }
    }
}

enum Step {
    Respond(FakeResponse),
    RespondLater(FakeResponse),
    Fail(fn() -> SendError),
    Hang,
}

/// The responses of a script in order, and the requests that were sent. More requests than responses fail the
/// test.
#[derive(Clone)]
pub(crate) struct Script(Arc<State>);

struct State {
    steps: Mutex<VecDeque<Step>>,
    sent: Mutex<Vec<Sent>>,
    /// The number of requests sent, which a test can wait for.
    count: watch::Sender<usize>,
}

struct Sent {
    line: String,
    body: Option<String>,
    at: Instant,
}

impl Script {
    pub(crate) fn new() -> Self {
        Script(Arc::new(State {
            steps: Mutex::default(),
            sent: Mutex::default(),
            count: watch::Sender::new(0),
        }))
    }

    /// Creates a script with these responses.
    pub(crate) fn of(responses: impl IntoIterator<Item = FakeResponse>) -> Self {
        responses.into_iter().fold(Script::new(), Script::respond)
    }

    pub(crate) fn respond(self, response: FakeResponse) -> Self {
        self.step(Step::Respond(response))
    }

    /// Adds a response that takes a second, so that a test can act while the request is in flight.
    pub(crate) fn respond_later(self, response: FakeResponse) -> Self {
        self.step(Step::RespondLater(response))
    }

    pub(super) fn fail(self, failure: fn() -> SendError) -> Self {
        self.step(Step::Fail(failure))
    }

    /// Adds a request without a response.
    pub(crate) fn hang(self) -> Self {
        self.step(Step::Hang)
    }

    fn step(self, step: Step) -> Self {
        self.0.steps.lock().unwrap().push_back(step);
        self
    }

    pub(crate) fn client(&self) -> Client {
        self.client_with(|_| {})
    }

    pub(crate) fn client_with(&self, change: impl FnOnce(&mut Settings)) -> Client {
        client_over(Box::new(self.clone()), change)
    }

    /// Returns method, path with query, and body of every request.
    pub(crate) fn sent(&self) -> Vec<String> {
        let sent = self.0.sent.lock().unwrap();
        sent.iter()
            .map(|sent| match &sent.body {
                Some(body) => format!("{} {body}", sent.line),
                None => sent.line.clone(),
            })
            .collect()
    }

    pub(crate) fn sent_body(&self, index: usize) -> Value {
        serde_json::from_str(self.0.sent.lock().unwrap()[index].body.as_deref().unwrap()).unwrap()
    }

    /// Returns the waits between requests.
    pub(crate) fn waits(&self) -> Vec<Duration> {
        self.0
            .sent
            .lock()
            .unwrap()
            .windows(2)
            .map(|pair| pair[1].at - pair[0].at)
            .collect()
    }

    /// Returns as soon as this many requests have been sent.
    pub(crate) async fn sent_count(&self, count: usize) {
        self.0
            .count
            .subscribe()
            .wait_for(|sent| *sent >= count)
            .await
            .unwrap();
    }
}

#[async_trait]
impl Transport for Script {
    async fn send(&self, request: &Request) -> Result<Response, SendError> {
        let url = &request.url;
        let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
        self.0.sent.lock().unwrap().push(Sent {
            line: format!("{} {}{query}", request.method, url.path()),
            body: request.body.clone(),
            at: Instant::now(),
        });
        self.0.count.send_modify(|count| *count += 1);
        let step = self.0.steps.lock().unwrap().pop_front();
        match step.unwrap_or_else(|| panic!("the script has no response to {} {url}", request.method)) {
            Step::Respond(response) => Ok(response.response()),
            Step::RespondLater(response) => {
                tokio::time::sleep(Duration::from_secs(1)).await;
                Ok(response.response())
            }
            Step::Fail(failure) => Err(failure()),
            Step::Hang => std::future::pending().await,
        }
    }
}

/// Creates a client whose requests `respond` handles, by method, path and body. `None` breaks the connection.
pub(crate) fn client_of<F, R>(respond: F, change: impl FnOnce(&mut Settings)) -> Client
where
    F: Fn(String, Option<Value>) -> R + Send + Sync + 'static,
    R: Future<Output = Option<FakeResponse>> + Send + 'static,
{
    client_over(Box::new(FunctionTransport(respond)), change)
}

fn client_over(transport: Box<dyn Transport>, change: impl FnOnce(&mut Settings)) -> Client {
    let mut settings = settings();
    change(&mut settings);
    let policy = RetryPolicy {
        max_retries: settings.max_retries,
        seed: Some(7),
        now,
    };
    Client::assemble(settings, policy, transport)
}

struct FunctionTransport<F>(F);

#[async_trait]
impl<F, R> Transport for FunctionTransport<F>
where
    F: Fn(String, Option<Value>) -> R + Send + Sync,
    R: Future<Output = Option<FakeResponse>> + Send,
{
    async fn send(&self, request: &Request) -> Result<Response, SendError> {
        let body = request.body.as_deref().map(serde_json::from_str);
        let line = format!("{} {}", request.method, request.url.path());
        match (self.0)(line, body.transpose().unwrap()).await {
            Some(response) => Ok(response.response()),
            None => Err(SendError::Dropped(Cause::new("the connection was reset"))),
        }
    }
}
