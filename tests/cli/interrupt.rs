//! Ctrl-C: Terraform and the provider get the signal alike, and what was made is not lost.

use std::fs;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use motherduck_emulator::Emulator;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

use crate::support::{NOTHING, Story, block, resource};

/// How long the story waits for what must come. Far more than it ever takes.
const PATIENCE: Duration = Duration::from_secs(60);

/// How many accounts are made, one after the other.
const LINKS: usize = 10;

/// Accounts of which each waits for the one before.
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

/// Looks again and again until there is something to see.
#[track_caller]
pub(crate) fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(seen) = look() {
            return seen;
        }
        assert!(Instant::now() < deadline, "waited in vain for {what}");
        thread::sleep(Duration::from_millis(5));
    }
}

/// A group of processes that does not outlive the story.
pub(crate) struct Group(Child);

impl Group {
    pub(crate) fn signal(&self, signal: Signal) {
        let leader = Pid::from_raw(i32::try_from(self.0.id()).unwrap());
        // It may have ended by itself.
        let _ = killpg(leader, signal);
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if let Ok(None) = self.0.try_wait() {
            self.signal(Signal::SIGKILL);
            let _ = self.0.wait();
        }
    }
}

/// Starts a command as a shell does: in a process group of its own, which Ctrl-C reaches as a whole.
pub(crate) fn start(story: &Story) -> Group {
    let mut command = story.command(["apply", "-auto-approve"]);
    command
        .process_group(0)
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    Group(command.spawn().unwrap())
}

/// Waits for the end, which must be that of a failure: a part does not pass for the whole.
#[track_caller]
pub(crate) fn expect_interrupted(group: &mut Group) {
    let status = wait_for("the end of the apply", || group.0.try_wait().unwrap());
    assert_eq!(status.code(), Some(1));
}

#[test]
fn what_was_created_before_ctrl_c_is_in_the_state() {
    let story = Story::with(Emulator::builder().latency(Duration::from_millis(500)), &chain());
    let mut apply = start(&story);
    // The first account is there, and the request for the second is under way or about to be; the last is
    // seconds away, however slow the look is.
    wait_for("the first account", || (!story.writes().is_empty()).then_some(()));

    apply.signal(Signal::SIGINT);

    expect_interrupted(&mut apply);
    let made = story.service_accounts();
    assert!(
        made.len() < LINKS,
        "the interrupt came too late to tell: {made:?}"
    );
    let kept: Vec<String> = story
        .addresses()
        .iter()
        .map(|address| address.replace("motherduck_service_account.", "svc_"))
        .collect();
    assert_eq!(kept, made);

    // Nothing is locked or half done: the next run completes.
    story.apply();
    assert_eq!(story.service_accounts().len(), LINKS);
    story.expect_clean();
}

#[test]
fn ctrl_c_ends_the_wait_for_another_attempt() {
    // As many attempts as there can be take minutes.
    let mut story = Story::new(&(block("provider \"motherduck\"", "max_retries = 20") + &chain()));
    story.stop_emulator();
    let log = story.path("debug.log");
    story.set("TF_LOG", "DEBUG");
    story.set("TF_LOG_PATH", &log);
    let mut apply = start(&story);
    wait_for("a second attempt", || {
        let log = fs::read_to_string(&log).ok()?;
        log.contains("attempt=2").then_some(())
    });

    apply.signal(Signal::SIGINT);

    expect_interrupted(&mut apply);
    assert_eq!(story.addresses(), NOTHING);
}
