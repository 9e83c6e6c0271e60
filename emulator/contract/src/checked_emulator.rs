//! An emulator whose responses are checked against the contract while a test runs.

use std::ops::Deref;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use motherduck_emulator::{Emulator, EmulatorBuilder, Exchange, StartError};
use secrecy::SecretString;
use serde_json::Value;

use crate::{Contract, Violation};

/// A running emulator. The responses of its API endpoints are checked against the contract; those of the rate
/// limit and of faults are not, because they violate it on purpose. Dropping it fails the test if a response
/// was invalid.
#[derive(Debug)]
#[must_use = "the emulator stops, and a wrong response fails the test, when this is dropped"]
pub struct CheckedEmulator {
    emulator: Emulator,
    verdict: Verdict,
    secrets: Secrets,
}

/// The secrets of an emulator: the admin token, and each access token and embed session that it has returned
/// so far, including those in lost responses. Clones share them.
#[derive(Clone, Debug)]
pub struct Secrets(Arc<Mutex<Vec<SecretString>>>);

impl Secrets {
    fn new(emulator: &EmulatorBuilder) -> Self {
        Self(Arc::new(Mutex::new(vec![emulator.admin_secret().clone()])))
    }

    /// Records the secret of a response, if it has one.
    fn record(&self, exchange: &Exchange) {
        if exchange.method != "POST" || !(200..300).contains(&exchange.status) {
            return;
        }
        let body: Value = serde_json::from_slice(&exchange.body).unwrap_or_default();
        let created = ["token", "session"]
            .into_iter()
            .filter_map(|name| body[name].as_str());
        lock(&self.0).extend(created.map(SecretString::from));
    }

    /// Returns all secrets in the order of their creation.
    pub fn all(&self) -> Vec<SecretString> {
        lock(&self.0).clone()
    }
}

/// The violations so far. Dropping it fails the test if there are any.
#[derive(Debug, Default)]
struct Verdict(Arc<Mutex<Vec<Violation>>>);

impl CheckedEmulator {
    /// Starts an emulator as [`EmulatorBuilder::start`] does.
    ///
    /// # Errors
    /// If it does not start.
    pub async fn start(emulator: EmulatorBuilder) -> Result<Self, StartError> {
        let (verdict, secrets) = (Verdict::default(), Secrets::new(&emulator));
        let emulator = verdict.observe(emulator, &secrets).start().await?;
        Ok(Self {
            emulator,
            verdict,
            secrets,
        })
    }

    /// Starts an emulator as [`EmulatorBuilder::start_blocking`] does.
    ///
    /// # Errors
    /// If it does not start.
    pub fn start_blocking(emulator: EmulatorBuilder) -> Result<Self, StartError> {
        let (verdict, secrets) = (Verdict::default(), Secrets::new(&emulator));
        let emulator = verdict.observe(emulator, &secrets).start_blocking()?;
        Ok(Self {
            emulator,
            verdict,
            secrets,
        })
    }

    /// Returns the secrets that only the client may have.
    pub fn secrets(&self) -> Secrets {
        self.secrets.clone()
    }

    /// Stops the emulator and waits until it has stopped. Panics if a response was invalid.
    pub async fn stop(self) {
        self.emulator.stop().await;
        drop(self.verdict);
    }
}

impl Verdict {
    fn observe(&self, emulator: EmulatorBuilder, secrets: &Secrets) -> EmulatorBuilder {
        let (found, secrets) = (Arc::clone(&self.0), secrets.clone());
        emulator.observe(move |exchange| {
            secrets.record(exchange);
            if let Err(violation) = Contract::committed().check(exchange) {
                lock(&found).push(violation);
            }
        })
    }
}

fn lock<T>(items: &Mutex<Vec<T>>) -> MutexGuard<'_, Vec<T>> {
    items.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Deref for CheckedEmulator {
    type Target = Emulator;

    fn deref(&self) -> &Emulator {
        &self.emulator
    }
}

impl Drop for Verdict {
    fn drop(&mut self) {
        let violations: Vec<String> = lock(&self.0).iter().map(ToString::to_string).collect();
        // A test that is already failing keeps its own message.
        assert!(
            violations.is_empty() || std::thread::panicking(),
            "the emulator violated the API's contract:\n{}",
            violations.join("\n")
        );
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpStream;

    use secrecy::ExposeSecret as _;

    use super::*;

    fn ask(emulator: &Emulator, request: &str) -> String {
        send(
            emulator,
            &format!("{request} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"),
        )
    }

    fn send(emulator: &Emulator, request: &str) -> String {
        let mut stream = TcpStream::connect(emulator.address()).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut response = String::new();
        stream.read_to_string(&mut response).unwrap();
        response
    }

    #[test]
    fn valid_responses_add_no_verdict() {
        let emulator = CheckedEmulator::start_blocking(Emulator::builder()).unwrap();
        assert!(ask(&emulator, "GET /v1/users").starts_with("HTTP/1.1 401"));
        assert!(ask(&emulator, "GET /v1/nowhere").starts_with("HTTP/1.1 404"));
        assert_eq!(*lock(&emulator.verdict.0), []);
    }

    #[test]
    fn secrets_contains_admin_and_created_tokens() {
        let emulator =
            CheckedEmulator::start_blocking(Emulator::builder().admin_token("of-the-admin")).unwrap();
        let secrets = emulator.secrets();
        let body = r#"{"name":"loader"}"#;
        let request = format!(
            "POST /v1/users/emulator_admin/tokens HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\
             authorization: Bearer of-the-admin\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );

        let response = send(&emulator, &request);

        let [admin, made] = &secrets.all()[..] else {
            panic!("{response}");
        };
        assert_eq!(admin.expose_secret(), "of-the-admin");
        assert!(response.contains(made.expose_secret()), "{response}");
    }

    #[test]
    #[should_panic(expected = "GET /v1/users returned 418: the contract does not list this status")]
    fn invalid_response_panics_on_drop() {
        let emulator = CheckedEmulator::start_blocking(Emulator::builder()).unwrap();
        let teapot = motherduck_emulator::Exchange {
            method: "GET".to_owned(),
            path: "/v1/users".to_owned(),
            status: 418,
            content_type: None,
            body: Vec::new(),
        };
        lock(&emulator.verdict.0).push(Contract::committed().check(&teapot).unwrap_err());
    }
}
