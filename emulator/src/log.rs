//! The log of API requests, for tests to look into and for people to watch.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use axum::extract::{Request, State};
use axum::http::header::DATE;
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use jiff::Timestamp;
use serde::{Serialize, Serializer};

use crate::app::App;
use crate::faults::Injected;

/// Where the emulator's own endpoints are. They are not part of the API and not logged.
pub(crate) const CONTROL_PREFIX: &str = "/_emulator/";

/// An API request that was answered, or given up by the client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LoggedRequest {
    /// When it arrived, by the emulator's clock.
    #[serde(serialize_with = "as_text")]
    pub at: Timestamp,
    /// The HTTP method.
    pub method: String,
    /// The path as it was sent, without the query. A token's secret in it is replaced by `***`.
    pub path: String,
    /// The query, if there was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
    /// The status of the answer; none if the client went away before there was one, or a fault withheld it.
    pub status: Option<u16>,
    /// Milliseconds from the request's arrival to its answer.
    pub ms: u64,
    /// The kind of the fault that befell it, if one did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<&'static str>,
}

fn as_text<S: Serializer>(time: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(time)
}

/// The requests so far, in the order of their arrival.
#[derive(Debug, Default)]
pub(crate) struct RequestLog {
    entries: Mutex<Vec<(u64, LoggedRequest)>>,
    arrivals: AtomicU64,
    print: bool,
    file: Mutex<Option<File>>,
}

impl RequestLog {
    /// An empty log, which also prints a line per request to standard error, and appends one of JSON to a file, if told so.
    pub(crate) fn new(print: bool, file: Option<&Path>) -> io::Result<Self> {
        let open = |path| File::options().create(true).append(true).open(path);
        Ok(Self {
            print,
            file: Mutex::new(file.map(open).transpose()?),
            ..Self::default()
        })
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

    /// The requests so far, a line of JSON each.
    pub(crate) fn json_lines(&self) -> String {
        self.entries()
            .iter()
            .map(|(_, request)| request.to_json_line())
            .collect()
    }

    /// Looks at each request with the number of its arrival, the latest first.
    pub(crate) fn each_latest_first(&self, mut look: impl FnMut(u64, &LoggedRequest)) {
        for (arrival, request) in self.entries().iter().rev() {
            look(*arrival, request);
        }
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
        self.append(&request);
        let mut entries = self.entries();
        let position = entries.partition_point(|(earlier, _)| *earlier < arrival);
        entries.insert(position, (arrival, request));
    }

    /// Writes a request to the file, as a whole line or, if the file takes no more, not at all from then on.
    fn append(&self, request: &LoggedRequest) {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(open) = file.as_mut() else {
            return;
        };
        if let Err(error) = open.write_all(request.to_json_line().as_bytes()) {
            *file = None;
            let _ = writeln!(
                io::stderr(),
                "the request log ends here: its file cannot be written: {error}"
            );
        }
    }
}

impl LoggedRequest {
    fn to_json_line(&self) -> String {
        serde_json::to_string(self).map_or_else(|_| String::new(), |line| line + "\n")
    }
}

/// A request on its way. It is logged when dropped, so that one whose client went away is not forgotten.
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
            arrival: app.log.arrivals.fetch_add(1, Ordering::SeqCst),
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
            at: self.at,
            method: std::mem::take(&mut self.method),
            path: self.masked_path(),
            query: self.query.take(),
            status: self.status.map(|status| status.as_u16()),
            ms: u64::try_from(self.arrived_at.elapsed().as_millis()).unwrap_or(u64::MAX),
            fault: self.fault,
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
        let injected = response.extensions().get::<Injected>().copied();
        pending.fault = injected.map(|fault| fault.kind);
        pending.status = injected
            .is_none_or(|fault| fault.answered)
            .then(|| response.status());
    }
    response
}
