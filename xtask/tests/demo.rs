//! Runs the demo as a process, with small scripts in place of Cargo, Terraform and the emulator: it detects
//! wrong results, and cleans up however it ends. (CI runs `cargo demo` with the real programs.)
use std::borrow::Cow;
use std::fs::{self, File};
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

/// The time limit of every wait, which is far longer than a demo of shell scripts takes.
const TIMEOUT: Duration = Duration::from_secs(60);

/// The API's accounts before the demo, after it, and in between.
const EMPTY: &str = r#"{"accounts":[]}"#;
const APPLIED: &str = r#"{"accounts":[{"is_service_account":true,"username":"ada","tokens":[{"id":"7"}],
    "ducklings":{"read_write":{"instance_size":"pulse"},"read_scaling":{"instance_size":"pulse","flock_size":4}}}]}"#;

/// Terraform's description of its state.
const DESCRIBED: &str = r#"{"values":{"root_module":{"resources":[
    {"type":"motherduck_service_account","values":{"username":"ada"}},
    {"type":"motherduck_token","values":{"id":"7"}},
    {"type":"motherduck_ducklings","values":{"username":"ada",
        "read_write":{"instance_size":"pulse","cooldown_seconds":null},
        "read_scaling":{"instance_size":"pulse","flock_size":4,"cooldown_seconds":null}}}]}}}"#;

/// The scripts of a Terraform that works as expected. The file STATE in them contains its state.
struct Script {
    apply: &'static str,
    shown: Cow<'static, str>,
    second_plan: &'static str,
    destroy: &'static str,
}

impl Default for Script {
    fn default() -> Self {
        Self {
            apply: "printf 'motherduck_service_account.a\nmotherduck_token.a\n' > STATE",
            shown: Cow::Borrowed(DESCRIBED),
            second_plan: "exit 0",
            destroy: "rm STATE",
        }
    }
}

/// A running demo.
struct Demo {
    root: TempDir,
    child: Child,
    lines: Receiver<String>,
}

impl Demo {
    fn start(script: &Script) -> Self {
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
                serve([EMPTY, APPLIED, "[]", EMPTY])
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
        fs::write(path("shown.json"), script.shown.as_bytes()).unwrap();
        let Script {
            apply,
            second_plan,
            destroy,
            ..
        } = script;
        let terraform = fake(
            root.path(),
            "terraform",
            &format!(
                r#"case $1 in
                       version) echo 'Terraform v1.11.4' ;;
                       plan)
                           if [ -f STATE ]; then {second_plan}; else echo 'token = (sensitive value)'; exit 2; fi ;;
                       apply) {apply} ;;
                       show) cat SHOWN ;;
                       output) echo '{{"token":{{"sensitive":true,"value":"s3cret"}}}}' ;;
                       state) [ ! -f STATE ] || cat STATE ;;
                       destroy) {destroy} ;;
                   esac"#,
            )
            .replace("STATE", &path("state"))
            .replace("SHOWN", &path("shown.json"))
            .replace("LOG", &path("terraform.log")),
        );
        let mut child = Command::new(env!("CARGO_BIN_EXE_xtask"))
            .arg("demo")
            .env("CARGO", cargo)
            .env("TF_ACC_TERRAFORM_PATH", terraform)
            .env("TMPDIR", path("tmp"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(File::create(path("stderr")).unwrap())
            .spawn()
            .unwrap();
        let lines = lines_of(&mut child);
        Self { root, child, lines }
    }

    fn wait_for(&self, text: &str) {
        loop {
            let line = self
                .lines
                .recv_timeout(TIMEOUT)
                .unwrap_or_else(|error| panic!("no {text:?}: {error}"));
            if line.contains(text) {
                return;
            }
        }
    }

    fn send(&self, signal: Signal) {
        kill(Pid::from_raw(self.child.id().try_into().unwrap()), signal).unwrap();
    }

    /// Waits for the end, and checks that no files and processes remain.
    fn end(mut self) -> End {
        let mut stdout = Vec::new();
        loop {
            match self.lines.recv_timeout(TIMEOUT) {
                Ok(line) => stdout.push(line),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => panic!("the demo did not end in time"),
            }
        }
        let code = self.child.wait().unwrap().code();

        let scratch: Vec<_> = fs::read_dir(self.root.path().join("tmp")).unwrap().collect();
        assert!(scratch.is_empty(), "left behind: {scratch:?}");
        let emulator = fs::read_to_string(self.root.path().join("emulator.pid")).unwrap();
        let emulator = Pid::from_raw(emulator.trim().parse().unwrap());
        assert_eq!(kill(emulator, None), Err(Errno::ESRCH), "the emulator still runs");
        let text = |name: &str| fs::read_to_string(self.root.path().join(name)).unwrap_or_default();
        End {
            code,
            stdout,
            stderr: text("stderr"),
            log: text("terraform.log"),
        }
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        // Only a failed test has a demo that still runs; the signal makes it clean up.
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
            // The test may have ended.
            let _ = sender.send(line);
        }
    });
    lines
}

/// Serves these bodies, one for each request, and returns host and port.
fn serve<const N: usize>(bodies: [&'static str; N]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    thread::spawn(move || {
        for body in bodies {
            let mut stream = listener.accept().unwrap().0;
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                stream.read_exact(&mut byte).unwrap();
                request.push(byte[0]);
            }
            write!(stream, "HTTP/1.0 200 OK\r\n\r\n{body}").unwrap();
        }
    });
    address
}

/// The result of a demo.
struct End {
    code: Option<i32>,
    stdout: Vec<String>,
    stderr: String,
    /// What the scripts wrote to LOG.
    log: String,
}

#[test]
fn successful_demo_is_exit_code_0() {
    let end = Demo::start(&Script::default()).end();

    assert_eq!((end.code, end.stderr.as_str()), (Some(0), ""));
}

/// `cargo xtask picture` draws it again.
#[test]
fn readme_picture_shows_all_steps_of_the_demo() {
    let end = Demo::start(&Script::default()).end();
    let picture = include_str!("../../assets/demo.svg");

    let mut titles = 0;
    for line in &end.stdout {
        let is_title = line
            .split_once(". ")
            .is_some_and(|(number, _)| number.parse::<u8>().is_ok());
        if is_title {
            titles += 1;
            assert!(
                picture.contains(&format!(">{line}<")),
                "{line} is not in the picture"
            );
        }
    }
    assert!(titles > 5, "{:?}", end.stdout);
    assert!(picture.contains(&format!("All {titles} steps succeeded")));
    // It contains no path of the machine on which it was drawn.
    for foreign in ["/home/", "/tmp/", "/Users/"] {
        assert!(!picture.contains(foreign), "{foreign}");
    }
}

#[test]
fn failed_step_or_wrong_result_is_exit_code_1() {
    let works = Script::default;
    for (script, expected) in [
        (
            Script {
                apply: "exit 1",
                ..works()
            },
            "`apply` failed",
        ),
        (
            Script {
                second_plan: "exit 2",
                ..works()
            },
            "`plan` has changes",
        ),
        (
            Script {
                shown: DESCRIBED.replace("\"flock_size\":4", "\"flock_size\":5").into(),
                ..works()
            },
            "the API has the Ducklings",
        ),
        (
            Script {
                destroy: ":",
                ..works()
            },
            "state is not empty",
        ),
        (
            Script {
                destroy: "rm STATE; echo 'deleted s3cret' >&2",
                ..works()
            },
            "a secret was printed",
        ),
    ] {
        let end = Demo::start(&script).end();

        assert_eq!(end.code, Some(1), "{expected}: {}", end.stderr);
        assert!(end.stderr.contains(expected), "{expected}: {}", end.stderr);
    }
}

/// Waits until it is interrupted, and records every interrupt. It sleeps for short times only: a shell runs
/// its trap after the program that it waits for, and a program that starts just after the signal does not
/// receive it.
const APPLY_FOREVER: Script = Script {
    shown: Cow::Borrowed(DESCRIBED),
    apply: "trap 'echo interrupted >> LOG; exit 1' INT; echo 'applying'; while :; do sleep 0.1; done",
    second_plan: "exit 0",
    destroy: ":",
};

#[test]
fn signal_interrupts_terraform_once_and_ends_the_demo() {
    for (signal, code) in [(Signal::SIGINT, 130), (Signal::SIGTERM, 143)] {
        let demo = Demo::start(&APPLY_FOREVER);
        demo.wait_for("applying");

        demo.send(signal);

        let end = demo.end();
        assert_eq!((end.code, end.log.as_str()), (Some(code), "interrupted\n"));
    }
}
