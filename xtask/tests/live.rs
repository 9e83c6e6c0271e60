//! Runs `cargo live` as a process, with a small script in place of Cargo and an emulator in place of the
//! organization: it requires the flag for an organization, and cleans up however it ends.
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};
use std::{fs, thread};

use motherduck_emulator::{DEFAULT_ADMIN_TOKEN, Emulator};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::json;
use tempfile::TempDir;

#[path = "../src/testing.rs"]
mod testing;
use testing::fake;

const TOKEN_VARIABLE: &str = "MOTHERDUCK_LIVE_ADMIN_TOKEN";
const TIMEOUT: Duration = Duration::from_secs(60);

/// An organization that only the flag selects.
fn organization() -> Emulator {
    let emulator = Emulator::builder().start_blocking().unwrap();
    let user = json!({ "username": "acme_loader", "is_service_account": true, "tokens": [{ "name": "acme nightly" }] });
    emulator.seed(&json!({ "users": [user] })).unwrap();
    emulator
}

/// Returns the command, with a Terraform that fails at everything except its version.
fn live(root: &TempDir, arguments: &[&str]) -> Command {
    let path = |name: &str| root.path().join(name).display().to_string();
    fs::write(path("provider"), "").unwrap();
    let built = ["terraform-provider-motherduck", "motherduck-emulator"].map(|name| {
        let provider = path("provider");
        format!(r#"echo '{{"target":{{"name":"{name}"}},"executable":"{provider}"}}'"#)
    });
    let cargo = fake(root.path(), "cargo", &built.join("\n"));
    let terraform = fake(
        root.path(),
        "terraform",
        "case $1 in version) echo 'Terraform v1.11.4' ;; *) echo 'no such thing' >&2; exit 3 ;; esac",
    );
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command
        .arg("live")
        .args(arguments)
        .env("CARGO", cargo)
        .env("TF_ACC_TERRAFORM_PATH", terraform)
        .env("TMPDIR", root.path())
        .env_remove(TOKEN_VARIABLE)
        .stdin(Stdio::null());
    command
}

fn count_probe_accounts(emulator: &Emulator) -> usize {
    let state = emulator.state();
    let accounts = state["accounts"].as_array().unwrap().iter();
    accounts
        .filter(|account| account["username"].as_str().unwrap().starts_with("tfprobe_"))
        .count()
}

fn text(output: &Output) -> (String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&output.stdout), text(&output.stderr))
}

#[test]
fn organization_is_not_called_without_flag_and_token() {
    let (root, organization) = (TempDir::new().unwrap(), organization());
    let output = live(&root, &[])
        .env(TOKEN_VARIABLE, DEFAULT_ADMIN_TOKEN)
        .env("MOTHERDUCK_API_BASE_URL", organization.url())
        .output()
        .unwrap();
    let (stdout, _) = text(&output);
    assert!(stdout.starts_with("the emulator: "), "{stdout}");
    assert_eq!(organization.requests().len(), 0);

    // Without its own token no organization is used, whatever other variables are set.
    let flags = [
        "--against-a-real-organization",
        "--api-base-url",
        &organization.url(),
    ];
    let output = live(&root, &flags)
        .env("MOTHERDUCK_ADMIN_TOKEN", DEFAULT_ADMIN_TOKEN)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output).1.contains(TOKEN_VARIABLE));
    assert_eq!(organization.requests().len(), 0);
}

#[test]
fn failed_run_leaves_the_organization_unchanged() {
    let (root, organization) = (TempDir::new().unwrap(), organization());
    let before = organization.state()["accounts"].clone();
    let flags = [
        "--against-a-real-organization",
        "--api-base-url",
        &organization.url(),
    ];
    let output = live(&root, &flags)
        .env(TOKEN_VARIABLE, DEFAULT_ADMIN_TOKEN)
        .output()
        .unwrap();
    let (stdout, stderr) = text(&output);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(
        stdout.contains("FAIL: init ended with 3 instead of 0"),
        "{stdout}"
    );
    assert!(
        stdout.contains(" 1 failed, ") && stdout.contains("; 0 accounts left"),
        "{stdout}"
    );
    for hidden in [
        DEFAULT_ADMIN_TOKEN,
        "acme",
        "tfprobe_",
        "eyJ",
        "127.0.0.1",
        "emulator_admin",
    ] {
        assert!(!stdout.contains(hidden), "{hidden:?} is in\n{stdout}");
    }
    assert!(!stderr.contains(DEFAULT_ADMIN_TOKEN), "{stderr}");
    assert_eq!(organization.state()["accounts"], before);
}

/// Waits until the run has sent this many requests.
fn wait_for_requests(emulator: &Emulator, number: usize) {
    let began = Instant::now();
    while emulator.requests().len() < number {
        assert!(began.elapsed() < TIMEOUT, "the run has not begun");
        thread::sleep(Duration::from_millis(2));
    }
}

fn interrupt(child: &Child) {
    kill(Pid::from_raw(child.id().try_into().unwrap()), Signal::SIGINT).unwrap();
}

#[test]
fn interrupted_run_removes_its_accounts() {
    let root = TempDir::new().unwrap();
    // The requests are slow enough for the signal to arrive in the middle.
    let emulator = Emulator::builder().latency(Duration::from_millis(20));
    let organization = emulator.start_blocking().unwrap();
    let flags = [
        "--against-a-real-organization",
        "--api-base-url",
        &organization.url(),
    ];
    let child = live(&root, &flags)
        .env(TOKEN_VARIABLE, DEFAULT_ADMIN_TOKEN)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    wait_for_requests(&organization, 20);
    interrupt(&child);
    let output = child.wait_with_output().unwrap();
    let (stdout, stderr) = text(&output);
    assert_eq!(output.status.code(), Some(130), "{stderr}");
    assert_eq!(stdout, "");
    assert_eq!(count_probe_accounts(&organization), 0, "{stderr}");
}
