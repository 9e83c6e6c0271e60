//! Measures the memory and the response times of large organizations on one core.
//!
//! `cargo bench --package motherduck-emulator` prints the figures, without and with a state file. Nothing is
//! asserted, because the figures depend on the machine.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use motherduck_emulator::DEFAULT_ADMIN_TOKEN;
use reqwest::{Client, Method};
use serde_json::{Value, json};

const ACCOUNTS: usize = 10_000;
const TOKENS_EACH: usize = 10;
/// A seed is at most 1 MiB.
const ACCOUNTS_PER_SEED: usize = 500;
const LONG_LISTING: usize = 1_000;
const SAMPLES: usize = 300;

struct Server {
    child: Child,
    url: String,
    client: Client,
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    // The flags of `cargo bench`, such as `--bench`, are ignored.
    println!(
        "{ACCOUNTS} accounts with {TOKENS_EACH} tokens each, one with {LONG_LISTING}; one worker thread\n"
    );
    println!("in memory");
    measure(&Server::start(None)).await;
    let folder = tempfile::tempdir().expect("a folder");
    let state = folder.path().join("state");
    println!("\nwith a state file");
    let server = Server::start(Some(&state));
    measure(&server).await;
    drop(server);
    let bytes = fs::metadata(&state).expect("the state file").len();
    println!("  {:<42}{:>8.1} MiB", "size of the file", mebibytes(bytes));
    let began = Instant::now();
    let server = Server::start(Some(&state));
    println!(
        "  {:<42}{:>8.1} ms",
        "start after a kill",
        milliseconds(began.elapsed())
    );
    server.memory("memory after that start");
}

async fn measure(server: &Server) {
    let began = Instant::now();
    for batch in (0..ACCOUNTS).step_by(ACCOUNTS_PER_SEED) {
        let numbers = batch..ACCOUNTS.min(batch + ACCOUNTS_PER_SEED);
        let users: Vec<Value> = numbers
            .map(|number| user(&format!("svc_{number}"), TOKENS_EACH))
            .collect();
        server
            .call(Method::PUT, "/_emulator/seed", &json!({ "users": users }))
            .await;
    }
    let long = user("long", LONG_LISTING);
    server
        .call(Method::PUT, "/_emulator/seed", &json!({ "users": [long] }))
        .await;
    println!(
        "  {:<42}{:>8.1} ms",
        "seeding all of it",
        milliseconds(began.elapsed())
    );
    server.memory("memory");
    for (title, method, path, body) in [
        (
            "GET 1,000 tokens",
            Method::GET,
            "/v1/users/long/tokens",
            Value::Null,
        ),
        (
            "GET 1,000 users",
            Method::GET,
            "/v1/users?limit=1000",
            Value::Null,
        ),
        (
            "GET one configuration",
            Method::GET,
            "/v1/users/svc_77/instances",
            Value::Null,
        ),
        (
            "POST a token",
            Method::POST,
            "/v1/users/svc_77/tokens",
            json!({ "name": "another" }),
        ),
    ] {
        let mut times = Vec::with_capacity(SAMPLES);
        for _ in 0..SAMPLES {
            let began = Instant::now();
            server.call(method.clone(), path, &body).await;
            times.push(began.elapsed());
        }
        times.sort();
        let at = |share: usize| milliseconds(times[(times.len() - 1) * share / 100]);
        println!(
            "  {title:<24}p50 {:>7.2} ms   p95 {:>7.2} ms   p99 {:>7.2} ms   max {:>7.2} ms",
            at(50),
            at(95),
            at(99),
            at(100)
        );
    }
    server.memory("memory at the end");
}

fn user(username: &str, tokens: usize) -> Value {
    let tokens: Vec<Value> = (0..tokens)
        .map(|number| json!({ "name": format!("token {number}"), "expire_at": "2100-01-01T00:00:00Z" }))
        .collect();
    json!({ "username": username, "is_service_account": true, "tokens": tokens })
}

impl Server {
    fn start(state: Option<&Path>) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_motherduck-emulator"));
        if let Some(state) = state {
            command.arg("--state").arg(state);
        }
        let mut child = command
            .arg("--quiet")
            .env("TOKIO_WORKER_THREADS", "1")
            .env_remove("MOTHERDUCK_EMULATOR_ADMIN_TOKEN")
            .stdout(Stdio::piped())
            .spawn()
            .expect("the emulator starts");
        let stdout = child.stdout.take().expect("its standard output");
        let mut line = String::new();
        BufReader::new(stdout)
            .read_line(&mut line)
            .expect("its first line");
        Self {
            url: line.trim_end().replace("listening on ", ""),
            client: Client::builder().no_proxy().build().expect("a client"),
            child,
        }
    }

    /// Sends a request and reads the whole response, which must be a success.
    async fn call(&self, method: Method, path: &str, body: &Value) {
        let mut request = self
            .client
            .request(method, format!("{}{path}", self.url))
            .bearer_auth(DEFAULT_ADMIN_TOKEN);
        if !body.is_null() {
            request = request.json(body);
        }
        let response = request.send().await.expect("a response");
        assert_eq!(response.status(), 200, "{path}");
        response.bytes().await.expect("a whole response");
    }

    /// Prints the current and the peak memory, as Linux reports them.
    fn memory(&self, title: &str) {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let figure = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name))?;
            let kibibytes: u64 = line.split_whitespace().next()?.parse().ok()?;
            Some(format!("{:.1}", mebibytes(kibibytes * 1024)))
        };
        let [now, most] = ["VmRSS:", "VmHWM:"].map(|name| figure(name).unwrap_or_else(|| "?".to_owned()));
        println!("  {title:<42}{now:>8} MiB, {most} MiB at most");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

#[expect(clippy::cast_precision_loss, reason = "a figure")]
fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / 1024.0 / 1024.0
}
