//! An emulator whose responses are checked against the contract while a test runs.

use std::ops::Deref;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use motherduck_emulator::{Emulator, Listening, StartError};

use crate::{Contract, Violation};

/// A running emulator. Responses of its API endpoints are checked against the contract; those of the rate
/// limit and of faults are not, since they violate it on purpose. When it is dropped at the end of a test,
/// the test fails if a response was invalid.
#[derive(Debug)]
#[must_use = "the emulator stops, and a wrong response fails the test, when this is dropped"]
pub struct Watched {
    emulator: Listening,
    verdict: Verdict,
}

/// The violations so far. A test fails for them when this is dropped.
#[derive(Debug, Default)]
struct Verdict(Arc<Mutex<Vec<Violation>>>);

impl Watched {
    /// Starts an emulator as [`Emulator::start`] does.
    ///
    /// # Errors
    /// If it does not start.
    pub async fn start(emulator: Emulator) -> Result<Self, StartError> {
        let verdict = Verdict::default();
        let emulator = verdict.observe(emulator).start().await?;
        Ok(Self { emulator, verdict })
    }

    /// Starts an emulator as [`Emulator::start_blocking`] does.
    ///
    /// # Errors
    /// If it does not start.
    pub fn start_blocking(emulator: Emulator) -> Result<Self, StartError> {
        let verdict = Verdict::default();
        let emulator = verdict.observe(emulator).start_blocking()?;
        Ok(Self { emulator, verdict })
    }

    /// Stops the emulator and waits until it has stopped. Then the test fails if a response was invalid.
    pub async fn stop(self) {
        self.emulator.stop().await;
        drop(self.verdict);
    }
}

impl Verdict {
    fn observe(&self, emulator: Emulator) -> Emulator {
        let found = Arc::clone(&self.0);
        emulator.observe(move |exchange| {
            if let Err(violation) = Contract::committed().check(exchange) {
                lock(&found).push(violation);
            }
        })
    }
}

fn lock(violations: &Mutex<Vec<Violation>>) -> MutexGuard<'_, Vec<Violation>> {
    violations.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Deref for Watched {
    type Target = Listening;

    fn deref(&self) -> &Listening {
        &self.emulator
    }
}

impl Drop for Verdict {
    fn drop(&mut self) {
        let violations: Vec<String> = lock(&self.0).iter().map(ToString::to_string).collect();
        // A test that fails already shows its own message.
        assert!(
            violations.is_empty() || std::thread::panicking(),
            "the emulator broke the API's contract:\n{}",
            violations.join("\n")
        );
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpStream;

    use super::*;

    fn ask(emulator: &Listening, request: &str) -> String {
        let mut stream = TcpStream::connect(emulator.address()).unwrap();
        write!(
            stream,
            "{request} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"
        )
        .unwrap();
        let mut response = String::new();
        stream.read_to_string(&mut response).unwrap();
        response
    }

    #[test]
    fn responses_of_the_emulator_are_checked() {
        let watched = Watched::start_blocking(Emulator::builder()).unwrap();
        assert!(ask(&watched, "GET /v1/users").starts_with("HTTP/1.1 401"));
        assert!(ask(&watched, "GET /v1/nowhere").starts_with("HTTP/1.1 404"));
        assert_eq!(*lock(&watched.verdict.0), []);
    }

    #[test]
    #[should_panic(expected = "GET /v1/users returned 418: the contract does not list this status")]
    fn a_wrong_response_fails_the_test() {
        let watched = Watched::start_blocking(Emulator::builder()).unwrap();
        let teapot = motherduck_emulator::Exchange {
            method: "GET".to_owned(),
            path: "/v1/users".to_owned(),
            status: 418,
            content_type: None,
            body: Vec::new(),
        };
        lock(&watched.verdict.0).push(Contract::committed().check(&teapot).unwrap_err());
    }
}
