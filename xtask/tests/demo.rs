//! The demo as a process, with small scripts for Cargo, Terraform and the emulator: how it ends when it is told to,
//! and that it leaves nothing behind. (`cargo demo` itself, in CI, is the test with the real ones.)
#![cfg(unix)]

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;

#[path = "../src/testing.rs"]
mod testing;
use testing::fake;

/// Far more than a demo of shell scripts takes.
const PATIENCE: Duration = Duration::from_secs(60);

/// A demo on the move.
struct Demo {
    root: TempDir,
    child: Child,
    lines: Receiver<String>,
}

impl Demo {
    /// Starts a demo whose `terraform apply` is this script.
    fn start(apply: &str) -> Self {
        let root = TempDir::new().unwrap();
        let path = |name: &str| root.path().join(name).display().to_string();
        fs::write(path("provider"), "").unwrap();
        fs::create_dir(path("tmp")).unwrap();
        let emulator = fake(
            root.path(),
            "emulator",
            &format!(
                "echo $$ > {}; echo 'listening on http://{}'; exec sleep 600",
                path("emulator.pid"),
                serve_an_empty_organization()
            ),
        );
        let cargo = fake(
            root.path(),
            "cargo",
            &format!(
                r#"echo '{{"target":{{"name":"terraform-provider-motherduck"}},"executable":"{}"}}'
                   echo '{{"target":{{"name":"motherduck-emulator"}},"executable":"{}"}}'"#,
                path("provider"),
                emulator.display()
            ),
        );
        let terraform = fake(
            root.path(),
            "terraform",
            &format!(
                r"case $1 in
                       version) echo 'Terraform v1.11.4' ;;
                       plan) echo 'token = (sensitive value)'; exit 2 ;;
                       apply) {} ;;
                   esac",
                apply.replace("LOG", &path("terraform.log"))
            ),
        );
        let mut child = Command::new(env!("CARGO_BIN_EXE_xtask"))
            .arg("demo")
            .env("CARGO", cargo)
            .env("TF_ACC_TERRAFORM_PATH", terraform)
            .env("TMPDIR", path("tmp"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = lines_of(&mut child);
        Self { root, child, lines }
    }

    fn wait_for(&self, text: &str) {
        loop {
            let line = self
                .lines
                .recv_timeout(PATIENCE)
                .unwrap_or_else(|error| panic!("no {text:?}: {error}"));
            if line.contains(text) {
                return;
            }
        }
    }

    fn send(&self, signal: Signal) {
        kill(Pid::from_raw(self.child.id().try_into().unwrap()), signal).unwrap();
    }

    /// Waits for the end, checks that nothing is left, and gives the exit code and what `apply` wrote to LOG.
    fn end(mut self) -> (Option<i32>, String) {
        loop {
            match self.lines.recv_timeout(PATIENCE) {
                Ok(_) => {}
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => panic!("the demo does not end"),
            }
        }
        let code = self.child.wait().unwrap().code();

        let scratch: Vec<_> = fs::read_dir(self.root.path().join("tmp")).unwrap().collect();
        assert!(scratch.is_empty(), "left behind: {scratch:?}");
        let emulator = fs::read_to_string(self.root.path().join("emulator.pid")).unwrap();
        let emulator = Pid::from_raw(emulator.trim().parse().unwrap());
        assert_eq!(kill(emulator, None), Err(Errno::ESRCH), "the emulator still runs");
        let log = fs::read_to_string(self.root.path().join("terraform.log")).unwrap_or_default();
        (code, log)
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        // Only a failed test still has one running; the signal lets it clean up.
        if self.child.try_wait().is_ok_and(|ended| ended.is_none()) {
            self.send(Signal::SIGTERM);
        }
    }
}

fn lines_of(child: &mut Child) -> Receiver<String> {
    let stdout = child.stdout.take().unwrap();
    let (sender, lines) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            // The test may have seen enough.
            let _ = sender.send(line);
        }
    });
    lines
}

/// Answers every request with an organization without accounts, and gives host and port.
fn serve_an_empty_organization() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                stream.read_exact(&mut byte).unwrap();
                request.push(byte[0]);
            }
            stream
                .write_all(b"HTTP/1.0 200 OK\r\n\r\n{\"accounts\":[]}")
                .unwrap();
        }
    });
    address
}

/// Waits until it is interrupted, and notes every time it was.
const APPLY_FOREVER: &str = "trap 'echo interrupted >> LOG; exit 1' INT; echo 'applying'; sleep 600";

#[test]
fn ctrl_c_stops_terraform_gracefully_and_leaves_nothing() {
    let demo = Demo::start(APPLY_FOREVER);
    demo.wait_for("applying");

    demo.send(Signal::SIGINT);

    assert_eq!(demo.end(), (Some(130), "interrupted\n".to_owned()));
}

#[test]
fn a_request_to_end_stops_terraform_as_gracefully() {
    let demo = Demo::start(APPLY_FOREVER);
    demo.wait_for("applying");

    demo.send(Signal::SIGTERM);

    assert_eq!(demo.end(), (Some(143), "interrupted\n".to_owned()));
}

#[test]
fn a_failed_step_is_a_failed_demo_and_leaves_nothing() {
    let demo = Demo::start("exit 1");

    assert_eq!(demo.end(), (Some(1), String::new()));
}
