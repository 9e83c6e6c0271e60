//! The program as a user runs it.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, ChildStdout, Command, Stdio};

/// The running program, killed if a test ends before it does.
struct Program {
    child: Child,
    stdout: BufReader<ChildStdout>,
}

impl Program {
    fn start(arguments: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_motherduck-emulator"))
            .args(arguments)
            .env_remove("MOTHERDUCK_EMULATOR_ADMIN_TOKEN")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        Self { child, stdout }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        line
    }

    /// Ends the program the way a supervisor does. Gives its exit code and what it wrote to standard error.
    #[cfg(unix)]
    fn signal(mut self, signal: &str) -> (Option<i32>, String) {
        let sent = Command::new("kill")
            .args(["-s", signal, &self.child.id().to_string()])
            .status()
            .unwrap();
        assert!(sent.success());
        let status = self.child.wait().unwrap();
        let mut stderr = String::new();
        self.child
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut stderr)
            .unwrap();
        (status.code(), stderr)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The status line of a GET.
fn get(address: &str, path: &str, token: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {token}\r\nconnection: close\r\n\r\n"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.lines().next().unwrap().to_owned()
}

#[cfg(unix)]
#[test]
fn says_where_it_listens_reports_requests_and_ends_on_a_signal() {
    for signal in ["TERM", "INT"] {
        let mut program = Program::start(&["--admin-token", "hush-hush"]);
        let line = program.line();
        let address = line
            .strip_prefix("listening on http://")
            .unwrap()
            .strip_suffix('\n')
            .unwrap();
        assert!(address.starts_with("127.0.0.1:"));
        assert_eq!(get(address, "/v1/users", "hush-hush"), "HTTP/1.1 200 OK");
        assert_eq!(get(address, "/v1/users", "wrong"), "HTTP/1.1 401 Unauthorized");
        let (code, stderr) = program.signal(signal);
        assert_eq!(code, Some(0));
        let lines: Vec<&str> = stderr.lines().collect();
        assert_eq!(lines.len(), 2, "{stderr}");
        assert!(lines[0].starts_with("GET /v1/users 200 "), "{stderr}");
        assert!(lines[1].starts_with("GET /v1/users 401 "), "{stderr}");
        assert!(!stderr.contains("hush-hush"));
    }
}

#[cfg(unix)]
#[test]
fn quiet_means_not_a_word_more() {
    let mut program = Program::start(&["--quiet", "--listen", "localhost:0"]);
    let line = program.line();
    let address = line.trim_end().strip_prefix("listening on http://").unwrap();
    assert_eq!(
        get(address, "/v1/users", "motherduck-emulator-admin"),
        "HTTP/1.1 200 OK"
    );
    assert_eq!(program.signal("TERM"), (Some(0), String::new()));
}

#[test]
fn flags_reach_the_emulator() {
    let mut program = Program::start(&["--missing-users-endpoint", "--latency", "1"]);
    let line = program.line();
    let address = line.trim_end().strip_prefix("listening on http://").unwrap();
    assert_eq!(
        get(address, "/v1/users", "motherduck-emulator-admin"),
        "HTTP/1.1 404 Not Found"
    );
    assert_eq!(
        get(address, "/v1/active_accounts", "motherduck-emulator-admin"),
        "HTTP/1.1 200 OK"
    );
}

#[test]
fn prints_the_certificate_authority_or_writes_it() {
    let mut program = Program::start(&["--tls"]);
    assert!(program.line().starts_with("listening on https://127.0.0.1:"));
    assert_eq!(program.line(), "-----BEGIN CERTIFICATE-----\n");

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.pem");
    let mut program = Program::start(&["--tls", "--tls-certificate-out", file.to_str().unwrap()]);
    assert!(program.line().starts_with("listening on https://127.0.0.1:"));
    let pem = std::fs::read_to_string(file).unwrap();
    assert!(pem.starts_with("-----BEGIN CERTIFICATE-----"));
}

#[test]
fn says_what_is_wrong_and_fails() {
    for (arguments, code, complaint) in [
        (&["--listen", "0.0.0.0:0"][..], 2, "not a loopback address"),
        (&["--duplicate-status", "418"], 2, "418"),
        (&["--admin-token", ""], 1, "the admin token must be"),
        (
            &["--tls", "--tls-certificate-out", "/nowhere/ca.pem"],
            1,
            "cannot write the certificate to /nowhere/ca.pem",
        ),
    ] {
        let mut program = Program::start(arguments);
        let status = program.child.wait().unwrap();
        let mut stderr = String::new();
        program
            .child
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut stderr)
            .unwrap();
        assert_eq!(status.code(), Some(code), "{stderr}");
        assert!(stderr.contains(complaint), "{stderr}");
        assert_eq!(program.line(), "");
    }
}
