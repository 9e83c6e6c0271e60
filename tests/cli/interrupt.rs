//! Ctrl-C: Terraform and the provider both get the signal, and created objects stay in the state.

use std::fs::{self, File};
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::Child;
use std::thread;

use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;
use serde_json::json;

use crate::support::{NOTHING, Story, block, resource, wait_for};

const APPLY: [&str; 2] = ["apply", "-auto-approve"];

/// The number of accounts that are created one after the other.
const LINKS: usize = 8;

/// Returns accounts that each depend on the previous one.
fn chain() -> String {
    let account = |number: usize| {
        let after = match number {
            0 => String::new(),
            _ => format!("depends_on = [motherduck_service_account.a{}]", number - 1),
        };
        resource(
            &format!("motherduck_service_account.a{number}"),
            &format!("username = \"svc_a{number}\"\n{after}"),
        )
    };
    (0..LINKS).map(account).collect()
}

/// A process group, which is killed at the end of the test, and the file with its output.
pub(crate) struct Group {
    leader: Child,
    printed: PathBuf,
}

impl Group {
    pub(crate) fn signal(&self, signal: Signal) {
        // It may have ended already.
        let _ = killpg(self.leader(), signal);
    }

    /// Kills the command, and not its children.
    pub(crate) fn kill_leader(&self) {
        kill(self.leader(), Signal::SIGKILL).unwrap();
    }

    fn leader(&self) -> Pid {
        Pid::from_raw(i32::try_from(self.leader.id()).unwrap())
    }

    /// Returns the output so far.
    pub(crate) fn printed(&self) -> String {
        fs::read_to_string(&self.printed).unwrap()
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if let Ok(None) = self.leader.try_wait() {
            self.signal(Signal::SIGKILL);
            let _ = self.leader.wait();
        }
        if thread::panicking() {
            eprintln!("--- printed by the command\n{}", self.printed());
        }
    }
}

/// Starts a command in a new process group, as a shell does; Ctrl-C goes to the whole group.
pub(crate) fn start<const N: usize>(story: &Story, arguments: [&str; N]) -> Group {
    let printed = story.printed();
    let file = File::create(&printed).unwrap();
    let mut command = story.command(arguments);
    command
        .process_group(0)
        .stdout(file.try_clone().unwrap())
        .stderr(file);
    Group {
        leader: command.spawn().unwrap(),
        printed,
    }
}

/// Waits for the end. The command must fail, because an incomplete run must not look complete.
#[track_caller]
pub(crate) fn expect_interrupted(group: &mut Group) {
    let status = wait_for("the end of the command", || group.leader.try_wait().unwrap());
    assert_eq!(status.code(), Some(1));
    // A crash of Terraform would also be a failure.
    let printed = group.printed();
    assert!(!printed.to_lowercase().contains("crash"), "{printed}");
}

#[test]
fn objects_created_before_ctrl_c_are_in_the_state() {
    let story = Story::new(&chain());
    let slow = json!([{ "path": "/v1/**", "fault": { "kind": "delay", "ms": 500 } }]);
    story.emulator().set_faults(&slow).unwrap();
    let mut apply = start(&story, APPLY);
    // The first account exists, and the request for the second is in flight or will be soon. The last one
    // follows several seconds later, even if this poll is slow.
    wait_for("the first account", || (!story.writes().is_empty()).then_some(()));

    apply.signal(Signal::SIGINT);

    expect_interrupted(&mut apply);
    let made = story.service_accounts();
    assert!(
        made.len() < LINKS,
        "the interrupt was too late for this test: {made:?}"
    );
    let kept: Vec<String> = story
        .addresses()
        .iter()
        .map(|address| address.replace("motherduck_service_account.", "svc_"))
        .collect();
    assert_eq!(kept, made);

    // The state is not locked and nothing is incomplete, so the next run completes.
    story.emulator().set_faults(&json!([])).unwrap();
    story.apply();
    assert_eq!(story.service_accounts().len(), LINKS);
    story.expect_clean();
}

#[test]
fn ctrl_c_ends_retries() {
    // With all retries this would take minutes.
    let mut story = Story::new(&(block("provider \"motherduck\"", "max_retries = 20") + &chain()));
    story.stop_emulator();
    let log = story.path("debug.log");
    story.set("TF_LOG", "DEBUG");
    story.set("TF_LOG_PATH", &log);
    let mut apply = start(&story, APPLY);
    wait_for("a second attempt", || {
        let log = fs::read_to_string(&log).ok()?;
        log.contains("attempt=2").then_some(())
    });

    apply.signal(Signal::SIGINT);

    expect_interrupted(&mut apply);
    assert_eq!(story.addresses(), NOTHING);
}

#[test]
fn killed_terraform_leaves_no_live_token() {
    const TOKENS: usize = 5;
    let token = |number: usize| {
        let body = format!("username = \"ci\"\nname = \"build-{number}\"");
        resource(&format!("motherduck_token.t{number}"), &body)
    };
    let main: String = (0..TOKENS).map(token).collect();
    let story = Story::new(&main);
    let users = json!([{ "username": "ci", "is_service_account": true }]);
    story.emulator().seed(&json!({ "users": users })).unwrap();
    // Each token is created at once, and the response is delayed.
    let late = json!([{
        "method": "POST", "path": "/v1/users/*/tokens", "fault": { "kind": "delay", "ms": 1500 },
    }]);
    story.emulator().set_faults(&late).unwrap();
    let command = start(&story, APPLY);
    wait_for("the tokens to be created", || {
        (story.live_tokens("ci").len() == TOKENS).then_some(())
    });

    command.kill_leader();

    wait_for("the tokens to be revoked", || {
        story.live_tokens("ci").is_empty().then_some(())
    });
    assert_eq!(story.created_and_revoked("ci"), (TOKENS, TOKENS));
}
