//! The emulator as a process that can be killed and restarted.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use reqwest::Method;
use serde_json::{Value, json};

use crate::demo::failure::Failure;
use crate::demo::http::call;
use crate::demo::interrupts::own_group;

/// A running emulator with a state file. Dropping it ends the process.
pub(super) struct Emulator {
    program: PathBuf,
    state: PathBuf,
    child: Child,
    address: String,
}

impl Emulator {
    pub(super) fn start(program: &Path, state: &Path) -> Result<Self, Failure> {
        let (child, address) = spawn(program, state, "127.0.0.1:0")?;
        Ok(Self {
            program: program.to_owned(),
            state: state.to_owned(),
            child,
            address,
        })
    }

    /// Kills the process and starts another one on the same file and port.
    pub(super) fn kill_and_restart(&mut self) -> Result<(), Failure> {
        self.end();
        (self.child, self.address) = spawn(&self.program, &self.state, &self.address)?;
        Ok(())
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Delays the responses to writes by 0.3 to 1.5 seconds after the write. Responses to reads are not
    /// delayed.
    pub(super) fn delay_writes(&self) -> Result<(), Failure> {
        let mut rules = Vec::new();
        for method in ["POST", "PUT", "DELETE"] {
            for (ms, probability) in [(300, 0.25), (700, 0.33), (1100, 0.5), (1500, 1.0)] {
                rules.push(json!({
                    "method": method, "path": "/v1/**", "probability": probability,
                    "fault": { "kind": "delay", "ms": ms },
                }));
            }
        }
        self.control(&Method::PUT, "faults", &json!(rules)).map(drop)
    }

    pub(super) fn end_delays(&self) -> Result<(), Failure> {
        self.control(&Method::PUT, "faults", &json!([])).map(drop)
    }

    pub(super) fn seed(&self, seed: &Value) -> Result<(), Failure> {
        self.control(&Method::PUT, "seed", seed).map(drop)
    }

    /// Returns the number of API requests in flight.
    pub(super) fn under_way(&self) -> Result<u64, Failure> {
        let overview = self.control(&Method::GET, "overview", &Value::Null)?;
        Ok(overview["requests_under_way"].as_u64().unwrap_or_default())
    }

    pub(super) fn requests(&self) -> Result<Vec<Value>, Failure> {
        let requests = self.control(&Method::GET, "requests", &Value::Null)?;
        Ok(requests.as_array().cloned().unwrap_or_default())
    }

    pub(super) fn forget_requests(&self) -> Result<(), Failure> {
        self.control(&Method::DELETE, "requests", &Value::Null).map(drop)
    }

    pub(super) fn accounts(&self) -> Result<Vec<Value>, Failure> {
        let state = self.control(&Method::GET, "state", &Value::Null)?;
        Ok(state["accounts"].as_array().cloned().unwrap_or_default())
    }

    /// Revokes a token, as a user who knows its id would.
    pub(super) fn revoke(&self, username: &str, id: &str) -> Result<(), Failure> {
        self.call(
            &Method::DELETE,
            &format!("/v1/users/{username}/tokens/{id}"),
            &Value::Null,
        )
        .map(drop)
    }

    fn control(&self, method: &Method, endpoint: &str, body: &Value) -> Result<Value, Failure> {
        self.call(method, &format!("/_emulator/{endpoint}"), body)
    }

    fn call(&self, method: &Method, path: &str, body: &Value) -> Result<Value, Failure> {
        call(method, &format!("{}{path}", self.url()), body)
    }

    fn end(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn spawn(program: &Path, state: &Path, listen: &str) -> Result<(Child, String), Failure> {
    let mut child = own_group(&mut Command::new(program))
        .args(["--quiet", "--listen", listen, "--state"])
        .arg(state)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(Failure::io(format!("start {}", program.display())))?;
    let mut line = String::new();
    if let Some(stdout) = child.stdout.take() {
        BufReader::new(stdout)
            .read_line(&mut line)
            .map_err(Failure::io("read the emulator's address"))?;
    }
    if let Some(address) = line.trim_end().strip_prefix("listening on http://") {
        return Ok((child, address.to_owned()));
    }
    let _ = child.kill();
    let _ = child.wait();
    Failure::unexpected(format!("the emulator printed {line:?} instead of its address"))
}

impl Drop for Emulator {
    fn drop(&mut self) {
        self.end();
    }
}
