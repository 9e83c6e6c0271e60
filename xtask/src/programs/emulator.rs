//! The emulator as a child process, and its control endpoints.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use motherduck_emulator::DEFAULT_ADMIN_TOKEN;
use reqwest::{Client, Error, Method};
use serde_json::Value;
use tokio::runtime::Builder;

use super::failure::Failure;
use super::interrupts::{Interrupts, own_group};

/// The beginning of the emulator's first output line.
const ANNOUNCEMENT: &str = "listening on http://";

/// The timeout of a request. The emulator responds from memory.
const TIMEOUT: Duration = Duration::from_secs(30);

/// A running emulator. Dropping it ends the process.
pub(crate) struct EmulatorProcess {
    program: PathBuf,
    /// Where it stores the organization; only in memory if there is none.
    state: Option<PathBuf>,
    child: Child,
    /// Host and port.
    address: String,
}

impl EmulatorProcess {
    /// Starts the program on a free port of the loopback interface.
    pub(crate) fn start(
        program: &Path,
        state: Option<&Path>,
        interrupts: &Interrupts,
    ) -> Result<Self, Failure> {
        let mut emulator = Self {
            program: program.to_owned(),
            state: state.map(Path::to_owned),
            child: spawn(program, state, "127.0.0.1:0")?,
            address: String::new(),
        };
        // From here on an early return stops the emulator too.
        emulator.read_address(interrupts)?;
        Ok(emulator)
    }

    /// Kills the process and starts another one on the same file and port.
    pub(crate) fn kill_and_restart(&mut self) -> Result<(), Failure> {
        self.end();
        self.child = spawn(&self.program, self.state.as_deref(), &self.address)?;
        self.read_address(&Interrupts::default())
    }

    fn read_address(&mut self, interrupts: &Interrupts) -> Result<(), Failure> {
        interrupts.check()?;
        let mut line = String::new();
        if let Some(stdout) = self.child.stdout.take() {
            let _passed_on = interrupts.pass_to(&self.child);
            BufReader::new(stdout)
                .read_line(&mut line)
                .map_err(Failure::io("read the emulator's address"))?;
        }
        interrupts.check()?;
        match line.trim_end().strip_prefix(ANNOUNCEMENT) {
            Some(address) => address.clone_into(&mut self.address),
            None => {
                return Failure::unexpected(format!("the emulator printed {line:?} instead of its address"));
            }
        }
        Ok(())
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Returns the API requests so far, oldest first.
    pub(crate) fn requests(&self) -> Result<Vec<Value>, Failure> {
        match self.get("requests")? {
            Value::Array(requests) => Ok(requests),
            other => Failure::unexpected(format!("the emulator's log is not a list: {other}")),
        }
    }

    /// Returns the accounts of the organization with their tokens, without secrets.
    pub(crate) fn accounts(&self) -> Result<Vec<Value>, Failure> {
        match self.get("state")?["accounts"].take() {
            Value::Array(accounts) => Ok(accounts),
            _ => Failure::unexpected("the emulator's state has no list of accounts"),
        }
    }

    pub(crate) fn get(&self, endpoint: &str) -> Result<Value, Failure> {
        self.call(&Method::GET, &format!("/_emulator/{endpoint}"), &Value::Null)
    }

    /// Sets what a control endpoint is about.
    pub(crate) fn put(&self, endpoint: &str, body: &Value) -> Result<(), Failure> {
        self.call(&Method::PUT, &format!("/_emulator/{endpoint}"), body)
            .map(drop)
    }

    /// Sends a request of the Admin, with a body unless it is null. Returns the JSON of the response, or null if
    /// it has no body. A status other than a success is an error.
    pub(crate) fn call(&self, method: &Method, path: &str, body: &Value) -> Result<Value, Failure> {
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(Failure::io("start an HTTP client"))?;
        let url = format!("{}{path}", self.url());
        let response = runtime.block_on(async {
            let client = Client::builder().no_proxy().timeout(TIMEOUT).build()?;
            let mut request = client
                .request(method.clone(), &url)
                .bearer_auth(DEFAULT_ADMIN_TOKEN);
            if !body.is_null() {
                request = request.json(body);
            }
            let response = request.send().await?;
            Ok::<_, Error>((response.status(), response.text().await?))
        });
        match response {
            Ok((status, text)) if status.is_success() => Ok(serde_json::from_str(&text).unwrap_or_default()),
            Ok((status, text)) => {
                Failure::unexpected(format!("{method} {url} returned status {status}: {text}"))
            }
            Err(error) => Failure::unexpected(format!("{method} {url} failed: {error}")),
        }
    }

    fn end(&mut self) {
        // The process may already have ended; then only `wait` has an effect.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for EmulatorProcess {
    fn drop(&mut self) {
        self.end();
    }
}

fn spawn(program: &Path, state: Option<&Path>, listen: &str) -> Result<Child, Failure> {
    let mut command = Command::new(program);
    command.args(["--quiet", "--listen", listen]);
    if let Some(state) = state {
        command.arg("--state").arg(state);
    }
    own_group(&mut command)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(Failure::io(format!("start {}", program.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn program_that_prints_no_address_is_an_error() {
        let root = tempfile::TempDir::new().unwrap();
        let program = crate::testing::fake(root.path(), "emulator", "echo 'address in use'");

        let Err(error) = EmulatorProcess::start(&program, None, &Interrupts::default()) else {
            panic!("it was taken for an emulator");
        };

        assert!(error.to_string().contains("address in use"), "{error}");
    }
}
