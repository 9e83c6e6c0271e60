//! The emulator as a child process, and its control endpoints.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use reqwest::Method;
use serde_json::Value;

use super::failure::Failure;
use super::http::call;
use super::interrupts::{Interrupts, own_group};

/// The beginning of the emulator's first output line.
const ANNOUNCEMENT: &str = "listening on http://";

/// A running emulator. Dropping it ends the process.
pub(super) struct Emulator {
    child: Child,
    /// Host and port.
    address: String,
}

impl Emulator {
    /// Starts the program on a free port of the loopback interface.
    pub(super) fn start(program: &Path, interrupts: &Interrupts) -> Result<Self, Failure> {
        interrupts.check()?;
        let child = own_group(&mut Command::new(program))
            .args(["--listen", "127.0.0.1:0", "--quiet"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(Failure::io(format!("start {}", program.display())))?;
        // From here on an early return stops the emulator too.
        let mut emulator = Self {
            child,
            address: String::new(),
        };
        let mut line = String::new();
        if let Some(stdout) = emulator.child.stdout.take() {
            let _passed_on = interrupts.pass_to(&emulator.child);
            BufReader::new(stdout)
                .read_line(&mut line)
                .map_err(Failure::io("read the emulator's address"))?;
        }
        interrupts.check()?;
        match line.trim_end().strip_prefix(ANNOUNCEMENT) {
            Some(address) => address.clone_into(&mut emulator.address),
            None => return Failure::unexpected(format!("the emulator said {line:?} instead of its address")),
        }
        Ok(emulator)
    }

    /// Returns the API's base URL.
    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Returns the API requests so far, oldest first.
    pub(super) fn requests(&self) -> Result<Vec<Value>, Failure> {
        match self.get("/_emulator/requests")? {
            Value::Array(requests) => Ok(requests),
            other => Failure::unexpected(format!("the emulator's log is not a list: {other}")),
        }
    }

    /// Returns the accounts of the organization with their tokens, without secrets.
    pub(super) fn accounts(&self) -> Result<Vec<Value>, Failure> {
        match self.get("/_emulator/state")?["accounts"].take() {
            Value::Array(accounts) => Ok(accounts),
            _ => Failure::unexpected("the emulator's state has no list of accounts"),
        }
    }

    fn get(&self, path: &str) -> Result<Value, Failure> {
        call(&Method::GET, &format!("{}{path}", self.url()), &Value::Null)
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        // The process may already have ended; then only `wait` has an effect.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_does_not_announce_itself_is_no_emulator() {
        let root = tempfile::TempDir::new().unwrap();
        let program = crate::testing::fake(root.path(), "emulator", "echo 'address in use'");

        let Err(error) = Emulator::start(&program, &Interrupts::default()) else {
            panic!("it was accepted as an emulator");
        };

        assert!(error.to_string().contains("address in use"), "{error}");
    }
}
