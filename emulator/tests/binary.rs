//! The program as a user runs it.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

/// The running program. It is killed if a test ends before it does.
struct Program {
    child: Child,
    stdout: BufReader<ChildStdout>,
}

impl Program {
    fn start(arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_motherduck-emulator"));
        Self::spawn(
            command
                .args(arguments)
                .env_remove("MOTHERDUCK_EMULATOR_ADMIN_TOKEN"),
        )
    }

    fn spawn(command: &mut Command) -> Self {
        let mut child = command
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

    /// Returns the address in the first output line of a program without TLS.
    fn address(&mut self) -> String {
        let line = self.line();
        let address = line.strip_prefix("listening on http://").unwrap();
        address.strip_suffix('\n').unwrap().to_owned()
    }

    /// Ends the program as a supervisor does. Returns its exit code and standard error.
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

/// Returns the status line of a GET.
fn get(address: &str, path: &str, token: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {token}\r\nconnection: close\r\n\r\n"
    )
    .unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).unwrap();
    response.lines().next().unwrap().to_owned()
}

#[test]
fn program_prints_address_and_requests_and_ends_on_a_signal() {
    for signal in ["TERM", "INT"] {
        let mut program = Program::start(&["--admin-token", "hush-hush"]);
        let address = program.address();
        assert!(address.starts_with("127.0.0.1:"));
        assert_eq!(get(&address, "/v1/users", "hush-hush"), "HTTP/1.1 200 OK");
        assert_eq!(get(&address, "/v1/users", "wrong"), "HTTP/1.1 401 Unauthorized");
        let (code, stderr) = program.signal(signal);
        assert_eq!(code, Some(0));
        let lines: Vec<&str> = stderr.lines().collect();
        assert_eq!(lines.len(), 2, "{stderr}");
        assert!(lines[0].starts_with("GET /v1/users 200 "), "{stderr}");
        assert!(lines[1].starts_with("GET /v1/users 401 "), "{stderr}");
        assert!(!stderr.contains("hush-hush"));
    }
}

#[test]
fn quiet_prints_only_the_address() {
    let mut program = Program::start(&["--quiet", "--listen", "localhost:0"]);
    let address = program.address();
    assert_eq!(
        get(&address, "/v1/users", "motherduck-emulator-admin"),
        "HTTP/1.1 200 OK"
    );
    assert_eq!(program.signal("TERM"), (Some(0), String::new()));
}

#[test]
fn switch_latency_and_rate_limit_flags_are_applied() {
    let flags = [
        "--missing-users-endpoint",
        "--latency",
        "1",
        "--rate-limit",
        "2/3600",
    ];
    let mut program = Program::start(&flags);
    let address = program.address();
    let status = |path| get(&address, path, "motherduck-emulator-admin");
    assert_eq!(status("/v1/users"), "HTTP/1.1 404 Not Found");
    assert_eq!(status("/v1/active_accounts"), "HTTP/1.1 200 OK");
    assert_eq!(status("/v1/active_accounts"), "HTTP/1.1 429 Too Many Requests");
}

/// Returns the path in the second output line of a program with TLS.
fn authority_file(program: &mut Program) -> PathBuf {
    assert!(program.line().starts_with("listening on https://127.0.0.1:"));
    let line = program.line();
    let path = line.strip_prefix("certificate authority in ").unwrap();
    PathBuf::from(path.strip_suffix('\n').unwrap())
}

fn assert_is_certificate(path: &Path) {
    let pem = std::fs::read_to_string(path).unwrap();
    assert!(pem.starts_with("-----BEGIN CERTIFICATE-----\n"), "{pem}");
    assert!(pem.ends_with("-----END CERTIFICATE-----\n"), "{pem}");
}

#[test]
fn tls_prints_a_certificate_file_and_removes_it_at_the_end() {
    let mut program = Program::start(&["--tls"]);
    let file = authority_file(&mut program);
    assert!(file.is_absolute());
    assert_is_certificate(&file);
    assert_eq!(program.signal("TERM").0, Some(0));
    assert!(!file.exists(), "{} is left", file.display());
}

#[test]
fn tls_certificate_out_writes_a_permanent_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ca.pem");
    let mut program = Program::start(&["--tls", "--tls-certificate-out", path.to_str().unwrap()]);
    assert_eq!(authority_file(&mut program), path);
    assert_eq!(program.signal("INT").0, Some(0));
    assert_is_certificate(&path);
}

#[test]
fn log_flag_writes_json_lines() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("requests.jsonl");
    let mut program = Program::start(&["--log", file.to_str().unwrap()]);
    let address = program.address();
    get(&address, "/v1/users?limit=1", "motherduck-emulator-admin");
    get(&address, "/v1/users", "wrong");
    program.signal("TERM");
    let lines: Vec<serde_json::Value> = std::fs::read_to_string(file)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert_eq!(
        (&lines[0]["query"], &lines[0]["status"]),
        (&"limit=1".into(), &200.into())
    );
    assert_eq!(
        (&lines[1]["path"], &lines[1]["status"]),
        (&"/v1/users".into(), &401.into())
    );
}

#[test]
fn admin_token_is_read_from_the_environment_unless_blank() {
    for (given, token) in [
        ("from-the-environment", "from-the-environment"),
        ("", "motherduck-emulator-admin"),
        (" ", "motherduck-emulator-admin"),
    ] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_motherduck-emulator"));
        let mut program = Program::spawn(command.env("MOTHERDUCK_EMULATOR_ADMIN_TOKEN", given));
        let address = program.address();
        assert_eq!(get(&address, "/v1/users", token), "HTTP/1.1 200 OK", "{given:?}");
    }
}

#[test]
fn faults_flag_accepts_json_or_a_file() {
    let rules = r#"[{ "path": "/v1/users", "fault": { "kind": "status", "status": 503 } }]"#;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("faults.json");
    std::fs::write(&file, rules).unwrap();
    for faults in [rules, file.to_str().unwrap()] {
        let mut program = Program::start(&["--faults", faults]);
        let address = program.address();
        let status = |path| get(&address, path, "motherduck-emulator-admin");
        assert_eq!(status("/v1/users"), "HTTP/1.1 503 Service Unavailable");
        assert_eq!(status("/v1/active_accounts"), "HTTP/1.1 200 OK");
    }
}

/// Expects that the program ends with code 2, one line on standard error and nothing on standard output.
#[track_caller]
fn assert_start_fails(arguments: &[&str], complaints: &[&str]) {
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
    assert_eq!(status.code(), Some(2), "{arguments:?}: {stderr}");
    assert_eq!(stderr.lines().count(), 1, "{arguments:?}: {stderr}");
    assert!(
        stderr.starts_with("motherduck-emulator: "),
        "{arguments:?}: {stderr}"
    );
    for complaint in complaints {
        assert!(
            stderr.contains(complaint),
            "{arguments:?}: {complaint:?} is not in {stderr}"
        );
    }
    assert_eq!(program.line(), "");
}

#[test]
fn invalid_flag_is_one_line_and_exit_code_2() {
    for (arguments, complaints) in [
        (&["--nonsense"][..], &["--nonsense", "(see --help)"][..]),
        (&["users"], &["'users'"]),
        (&["--listen"], &["--listen"]),
        (
            &["--listen", "0.0.0.0:0"],
            &["--listen", "not a loopback address"],
        ),
        (
            &["--listen", "127.0.0.1:99999"],
            &["expected an IP address and a port"],
        ),
        (&["--admin-token", ""], &["the admin token must be"]),
        (&["--latency", "soon"], &["--latency", "'soon'"]),
        (&["--rate-limit", "many"], &["--rate-limit", "such as 10/1"]),
        (&["--rate-limit", "0/1"], &["--rate-limit", "such as 10/1"]),
        (&["--duplicate-status", "418"], &["418", "400, 409"]),
        (&["--plan", "free"], &["free", "lite, business"]),
        (
            &["--new-account", "huge/pulse/1"],
            &["--new-account", "such as pulse/standard/2"],
        ),
        (&["--tls-certificate-out", "ca.pem"], &["--tls"]),
        (&["--quiet", "--quiet"], &["--quiet"]),
        (
            &["--rate-limit", "a\n\nb"],
            &["'a\\n\\nb'", "--rate-limit", "such as 10/1"],
        ),
        (
            &["--faults", "[\n\n  {\"path\" 1}]"],
            &["--faults: the faults are not JSON", "line 3 column 11"],
        ),
        (
            &["--faults", "[{\n\n\"fault\": { \"kind\": \"fi\\nre\" } }]"],
            &["--faults: ", "0.fault.kind: ", "fi\\nre"],
        ),
        (&["--faults", "[{"], &["--faults", "not JSON", "line 1 column 2"]),
        (
            &[
                "--faults",
                r#"[{ "path": "users", "fault": { "kind": "fire" } }]"#,
            ],
            &["0.path: Expected a path that starts with '/'", "0.fault.kind: "],
        ),
    ] {
        assert_start_fails(arguments, complaints);
    }
}

#[test]
fn port_in_use_is_one_line_and_exit_code_2() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    assert_start_fails(&["--listen", &address], &["cannot listen on", &address, "in use"]);
}

#[test]
fn unusable_file_is_one_line_and_exit_code_2() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing/file");
    let missing = missing.to_str().unwrap();
    let bad = folder.path().join("bad.json");
    std::fs::write(&bad, "{ \"rules\": 7 }").unwrap();
    let (folder, bad) = (folder.path().to_str().unwrap(), bad.to_str().unwrap());
    for path in [missing, folder] {
        assert_start_fails(&["--faults", path], &["cannot read", path]);
        assert_start_fails(&["--log", path], &["cannot write the request log to", path]);
        assert_start_fails(
            &["--tls", "--tls-certificate-out", path],
            &["cannot write the certificate authority to", path],
        );
    }
    assert_start_fails(
        &["--faults", bad],
        &[bad, "rules: Expected array, received number"],
    );
}

/// Expects that the program, which has refused to start, left the file with this content.
#[track_caller]
fn assert_unchanged(file: &Path, content: Option<&str>) {
    assert_eq!(
        std::fs::read_to_string(file).ok().as_deref(),
        content,
        "{}",
        file.display()
    );
}

#[test]
fn two_flags_with_the_same_file_are_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let there = folder.path().join("there");
    let absent = folder.path().join("absent");
    for (file, content) in [(&there, Some("{}")), (&absent, None)] {
        if let Some(content) = content {
            std::fs::write(file, content).unwrap();
        }
        let path = file.to_str().unwrap();
        for (arguments, flags) in [
            (&["--state", path, "--log", path][..], "--state and --log"),
            (
                &["--tls", "--state", path, "--tls-certificate-out", path],
                "--state and --tls-certificate-out",
            ),
            (
                &["--tls", "--log", path, "--tls-certificate-out", path],
                "--log and --tls-certificate-out",
            ),
        ] {
            assert_start_fails(arguments, &[flags, "name the same file", path]);
            assert_unchanged(file, content);
        }
    }
    let rules = folder.path().join("rules");
    std::fs::write(&rules, r#"{ "rules": [] }"#).unwrap();
    let path = rules.to_str().unwrap();
    assert_start_fails(&["--faults", path, "--log", path], &["--log and --faults"]);
    assert_unchanged(&rules, Some(r#"{ "rules": [] }"#));
}

#[test]
fn foreign_file_is_an_error_and_unchanged() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    let foreign = folder.path().join("foreign");
    std::fs::write(&foreign, "precious").unwrap();
    let (path, state_path) = (foreign.to_str().unwrap(), state.to_str().unwrap());
    assert_start_fails(
        &["--state", state_path, "--log", path],
        &["cannot write the request log to", path, "is no request log"],
    );
    assert_start_fails(
        &["--state", state_path, "--tls", "--tls-certificate-out", path],
        &[
            "cannot write the certificate authority to",
            path,
            "is no certificate",
        ],
    );
    assert_unchanged(&foreign, Some("precious"));
    assert_unchanged(&state, None);
}

#[test]
fn existing_log_and_certificate_files_are_reused() {
    let folder = tempfile::tempdir().unwrap();
    let (log, authority) = (folder.path().join("log"), folder.path().join("ca.pem"));
    std::fs::write(&log, "{\"earlier\":true}\n").unwrap();
    std::fs::write(&authority, "-----BEGIN CERTIFICATE-----\nold").unwrap();
    let mut program = Program::start(&[
        "--tls",
        "--log",
        log.to_str().unwrap(),
        "--tls-certificate-out",
        authority.to_str().unwrap(),
    ]);
    assert_eq!(authority_file(&mut program), authority);
    assert_eq!(program.signal("TERM").0, Some(0));
    assert_is_certificate(&authority);
    assert_unchanged(&log, Some("{\"earlier\":true}\n"));
}

#[test]
fn log_accepts_a_device_and_rejects_a_pipe() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let path = pipe.to_str().unwrap();
    assert_start_fails(
        &["--log", path],
        &["cannot write the request log to", "regular file"],
    );
    assert_start_fails(&["--tls", "--tls-certificate-out", path], &["regular file"]);
    let mut program = Program::start(&["--log", "/dev/null"]);
    assert!(program.line().starts_with("listening on "));
}

#[test]
fn help_and_version_exit_with_0() {
    for (flag, expected) in [
        ("--help", "--faults <FILE|JSON>"),
        ("--version", "motherduck-emulator "),
    ] {
        let mut program = Program::start(&[flag]);
        let mut printed = String::new();
        program.stdout.read_to_string(&mut printed).unwrap();
        assert!(printed.contains(expected), "{printed}");
        assert_eq!(program.child.wait().unwrap().code(), Some(0));
    }
}
