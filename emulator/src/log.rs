//! The log of API requests, for tests to look into and for people to watch.

use std::io::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use axum::extract::{Request, State};
use axum::http::header::DATE;
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use serde::Serialize;

use crate::app::App;

/// Where the emulator's own endpoints are. They are not part of the API and not logged.
pub(crate) const CONTROL_PREFIX: &str = "/_emulator/";

/// An API request that was answered, or given up by the client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LoggedRequest {
    /// The HTTP method.
    pub method: String,
    /// The path as it was sent, without the query. A token's secret in it is replaced by `***`.
    pub path: String,
    /// The query, if there was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
    /// The status of the answer; none if the client went away before there was one.
    pub status: Option<u16>,
    /// Milliseconds from the request's arrival to its answer.
    pub ms: u64,
}

/// The requests so far, in the order of their arrival.
#[derive(Debug, Default)]
pub(crate) struct RequestLog {
    entries: Mutex<Vec<(u64, LoggedRequest)>>,
    arrivals: AtomicU64,
    print: bool,
}

impl RequestLog {
    /// An empty log, which also prints a line per request to standard error if told so.
    pub(crate) fn new(print: bool) -> Self {
        Self {
            print,
            ..Self::default()
        }
    }

    fn entries(&self) -> MutexGuard<'_, Vec<(u64, LoggedRequest)>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn requests(&self) -> Vec<LoggedRequest> {
        self.entries()
            .iter()
            .map(|(_, request)| request.clone())
            .collect()
    }

    pub(crate) fn clear(&self) {
        self.entries().clear();
    }

    fn push(&self, arrival: u64, request: LoggedRequest) {
        if self.print {
            let LoggedRequest {
                method,
                path,
                status,
                ms,
                ..
            } = &request;
            let status = status.map_or_else(|| "gone".to_owned(), |status| status.to_string());
            // Nobody to read the line is no reason to stop serving.
            let _ = writeln!(std::io::stderr(), "{method} {path} {status} {ms} ms");
        }
        let mut entries = self.entries();
        let position = entries.partition_point(|(earlier, _)| *earlier < arrival);
        entries.insert(position, (arrival, request));
    }
}

/// A request on its way. It is logged when dropped, so that one whose client went away is not forgotten.
struct Pending {
    app: Arc<App>,
    arrival: u64,
    arrived_at: Instant,
    method: String,
    path: String,
    query: Option<String>,
    status: Option<StatusCode>,
}

impl Pending {
    fn new(app: Arc<App>, request: &Request) -> Self {
        Self {
            arrival: app.log.arrivals.fetch_add(1, Ordering::SeqCst),
            arrived_at: Instant::now(),
            method: request.method().to_string(),
            path: request.uri().path().to_owned(),
            query: request.uri().query().map(str::to_owned),
            status: None,
            app,
        }
    }

    /// The path without secrets: a client may mistake a token's secret for its id.
    fn masked_path(&self) -> String {
        let organization = self.app.organization();
        let mask = |segment| {
            if organization.is_secret(segment) {
                "***"
            } else {
                segment
            }
        };
        self.path.split('/').map(mask).collect::<Vec<&str>>().join("/")
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        let request = LoggedRequest {
            method: std::mem::take(&mut self.method),
            path: self.masked_path(),
            query: self.query.take(),
            status: self.status.map(|status| status.as_u16()),
            ms: u64::try_from(self.arrived_at.elapsed().as_millis()).unwrap_or(u64::MAX),
        };
        self.app.log.push(self.arrival, request);
    }
}

/// Logs what is not a control request, and dates every answer by the emulator's clock.
pub(crate) async fn record(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let is_control = request.uri().path().starts_with(CONTROL_PREFIX);
    let pending = (!is_control).then(|| Pending::new(app.clone(), &request));
    let mut response = next.run(request).await;
    if let Ok(date) = HeaderValue::try_from(app.clock.http_date()) {
        response.headers_mut().insert(DATE, date);
    }
    if let Some(mut pending) = pending {
        pending.status = Some(response.status());
    }
    response
}
