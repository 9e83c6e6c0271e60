//! The log of API requests.

use std::collections::VecDeque;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use serde::{Serialize, Serializer};

/// The number of requests that are kept. They take a few megabytes.
const REMEMBERED: usize = 10_000;

/// An API request that has ended, with a response or because the client disconnected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LoggedRequest {
    /// The time of arrival, by the emulator's clock.
    #[serde(serialize_with = "as_text")]
    pub at: Timestamp,
    /// The HTTP method.
    pub method: String,
    /// The path as it was sent, without the query. A token's secret in it is replaced by `***`.
    pub path: String,
    /// The query, if there was one, masked like the path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
    /// The status of the response. It is absent if the client disconnected before, or a fault withheld the
    /// response.
    pub status: Option<u16>,
    /// Milliseconds from the arrival of the request to its response.
    pub ms: u64,
    /// The kind of the fault that was applied, if any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<&'static str>,
}

fn as_text<S: Serializer>(time: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(time)
}

/// The latest requests, in the order of their arrival.
#[derive(Debug, Default)]
pub(crate) struct RequestLog {
    entries: Mutex<Entries>,
    arrivals: AtomicU64,
    /// How many of the arrived requests have ended.
    ended: AtomicU64,
    print: bool,
    file: Mutex<Option<File>>,
}

/// The requests that are kept, each with its arrival number.
#[derive(Debug, Default)]
struct Entries {
    latest: VecDeque<(u64, LoggedRequest)>,
    /// How many older requests were dropped.
    dropped: u64,
}

impl Entries {
    /// Inserts a request in the order of arrival. A request that arrived later may have ended sooner.
    fn insert(&mut self, arrival: u64, request: LoggedRequest) {
        let position = self.latest.partition_point(|(earlier, _)| *earlier < arrival);
        self.latest.insert(position, (arrival, request));
        if self.latest.len() > REMEMBERED {
            self.latest.pop_front();
            self.dropped += 1;
        }
    }
}

impl RequestLog {
    /// Creates an empty log. With `print`, a line for each request is written to standard error; with a file,
    /// a line of JSON is appended to it.
    pub(crate) fn new(print: bool, file: Option<&Path>) -> io::Result<Self> {
        Ok(Self {
            print,
            file: Mutex::new(file.map(open).transpose()?),
            ..Self::default()
        })
    }

    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn requests(&self) -> Vec<LoggedRequest> {
        self.entries()
            .latest
            .iter()
            .map(|(_, request)| request.clone())
            .collect()
    }

    /// Returns how many requests have arrived and not ended.
    pub(crate) fn in_flight(&self) -> u64 {
        let ended = self.ended.load(Ordering::SeqCst);
        self.arrivals.load(Ordering::SeqCst).saturating_sub(ended)
    }

    /// Returns how many requests were dropped.
    pub(crate) fn dropped(&self) -> u64 {
        self.entries().dropped
    }

    /// Returns the kept requests as lines of JSON.
    pub(crate) fn json_lines(&self) -> String {
        self.entries()
            .latest
            .iter()
            .map(|(_, request)| request.to_json_line())
            .collect()
    }

    /// Calls `visit` with each request and its arrival number, the latest first.
    pub(crate) fn each_latest_first(&self, mut visit: impl FnMut(u64, &LoggedRequest)) {
        for (arrival, request) in self.entries().latest.iter().rev() {
            visit(*arrival, request);
        }
    }

    pub(crate) fn clear(&self) {
        *self.entries() = Entries::default();
    }

    /// Counts an arrived request and returns its number.
    pub(crate) fn arrive(&self) -> u64 {
        self.arrivals.fetch_add(1, Ordering::SeqCst)
    }

    /// Adds an ended request with its arrival number.
    pub(crate) fn push(&self, arrival: u64, request: LoggedRequest) {
        if self.print {
            let LoggedRequest {
                method,
                path,
                status,
                ms,
                ..
            } = &request;
            let status = status.map_or_else(|| "gone".to_owned(), |status| status.to_string());
            // The emulator continues if standard error is closed.
            let _ = writeln!(std::io::stderr(), "{method} {path} {status} {ms} ms");
        }
        self.append(&request);
        self.entries().insert(arrival, request);
        self.ended.fetch_add(1, Ordering::SeqCst);
    }

    /// Appends a request to the file as a line. After a failure nothing more is written; the last line may be
    /// incomplete.
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

/// Opens a file for appending: a new or empty one, one that begins like a log, or a device such as a
/// terminal.
fn open(path: &Path) -> io::Result<File> {
    // The type is checked before the file is opened: opening a pipe would block until a process reads from
    // it.
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_file() => {
            let mut first = [b'{'];
            // An empty file has no first byte.
            let _ = File::open(path)?.read(&mut first)?;
            if first != [b'{'] {
                return Err(io::Error::other(
                    "it exists and is no request log; name a file that does not exist yet",
                ));
            }
        }
        Ok(metadata) if is_character_device(&metadata) => {}
        Ok(_) => return Err(io::Error::other("it is not a regular file")),
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    File::options().create(true).append(true).open(path)
}

fn is_character_device(metadata: &fs::Metadata) -> bool {
    use std::os::unix::fs::FileTypeExt as _;
    metadata.file_type().is_char_device()
}

impl LoggedRequest {
    fn to_json_line(&self) -> String {
        serde_json::to_string(self).map_or_else(|_| String::new(), |line| line + "\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(number: usize) -> LoggedRequest {
        LoggedRequest {
            at: Timestamp::UNIX_EPOCH,
            method: "GET".to_owned(),
            path: format!("/{number}"),
            query: None,
            status: None,
            ms: 0,
            fault: None,
        }
    }

    #[test]
    fn full_log_drops_and_counts_the_oldest_requests() {
        let log = RequestLog::default();
        for number in (0..REMEMBERED + 3).rev() {
            log.push(number as u64, request(number));
        }
        let paths = log.requests();
        assert_eq!(paths.len(), REMEMBERED);
        assert_eq!((paths[0].path.as_str(), log.dropped()), ("/3", 3));
        assert_eq!(log.json_lines().lines().count(), REMEMBERED);
        log.clear();
        assert_eq!((log.requests().len(), log.dropped()), (0, 0));
    }
}
