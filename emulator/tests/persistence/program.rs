//! The program with a state file, and a client for it.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use motherduck_emulator::DEFAULT_ADMIN_TOKEN;
use reqwest::{Client, Method};
use serde_json::Value;

/// The running program. Dropping it kills the process.
pub(crate) struct Program {
    child: Child,
    url: String,
    client: Client,
}

/// Status and body of a response.
pub(crate) type JsonResponse = (u16, Value);

/// Returns a command that starts the program with a state file.
pub(crate) fn command(state: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_motherduck-emulator"));
    command
        .args(["--quiet", "--state"])
        .arg(state)
        .env_remove("MOTHERDUCK_EMULATOR_ADMIN_TOKEN");
    command
}

impl Program {
    #[track_caller]
    pub(crate) fn start(state: &Path) -> Self {
        Self::spawn(&mut command(state))
    }

    /// Starts the program and waits until it listens.
    #[track_caller]
    pub(crate) fn spawn(command: &mut Command) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        stdout.read_line(&mut line).unwrap();
        let url = line
            .strip_prefix("listening on ")
            .unwrap_or_else(|| panic!("it does not listen, but {:?}", child.wait()));
        Self {
            url: url.trim_end().to_owned(),
            client: Client::builder().no_proxy().build().unwrap(),
            child,
        }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// Kills the program.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Ends the program as a supervisor does.
    pub(crate) fn terminate(mut self) {
        let id = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-s", "TERM", &id])
                .status()
                .unwrap()
                .success()
        );
        assert_eq!(self.child.wait().unwrap().code(), Some(0));
    }

    /// Calls the API with a token. Every response must be JSON.
    pub(crate) async fn call_as(
        &self,
        token: &str,
        method: Method,
        path: &str,
        body: &Value,
    ) -> JsonResponse {
        call(&self.client, &self.url, token, method, path, body)
            .await
            .unwrap()
    }

    /// Calls the API as the admin.
    pub(crate) async fn call(&self, method: Method, path: &str, body: &Value) -> JsonResponse {
        self.call_as(DEFAULT_ADMIN_TOKEN, method, path, body).await
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        let (status, body) = self.call(Method::GET, path, &Value::Null).await;
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    /// Returns the visible state without the time.
    pub(crate) async fn state(&self) -> Value {
        let mut state = self.get("/_emulator/state").await;
        state["clock"]["now"].take();
        state
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Calls an emulator that may have been killed.
pub(crate) async fn call(
    client: &Client,
    url: &str,
    token: &str,
    method: Method,
    path: &str,
    body: &Value,
) -> reqwest::Result<JsonResponse> {
    let mut request = client.request(method, format!("{url}{path}")).bearer_auth(token);
    if !body.is_null() {
        request = request.json(body);
    }
    let response = request.send().await?;
    let status = response.status().as_u16();
    Ok((status, response.json().await?))
}

/// Returns the exit code and standard error of a start that fails.
#[track_caller]
pub(crate) fn failed_start(command: &mut Command) -> (Option<i32>, String) {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut printed = String::new();
    child.stderr.take().unwrap().read_to_string(&mut printed).unwrap();
    (child.wait().unwrap().code(), printed)
}
