//! A command in its own process group, as a shell starts it.

use std::fs::{self, File};
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::Child;
use std::thread;

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

use super::{Story, wait_for};

/// A process group, which is killed at the end of the test, and the file with its output.
pub(crate) struct ProcessGroup {
    leader: Child,
    output: PathBuf,
}

impl ProcessGroup {
    /// Starts a command of a story in a new process group.
    pub(crate) fn start<const N: usize>(story: &Story, arguments: [&str; N]) -> Self {
        let output = story.output_file();
        let file = File::create(&output).unwrap();
        let mut command = story.command(arguments);
        command
            .process_group(0)
            .stdout(file.try_clone().unwrap())
            .stderr(file);
        Self {
            leader: command.spawn().unwrap(),
            output,
        }
    }

    /// Sends SIGINT to the whole group, as a terminal does on Ctrl-C.
    pub(crate) fn interrupt(&self) {
        self.signal(Signal::SIGINT);
    }

    fn signal(&self, signal: Signal) {
        // It may have ended already.
        let _ = killpg(Pid::from_raw(i32::try_from(self.leader.id()).unwrap()), signal);
    }

    /// Returns the output so far.
    pub(crate) fn output(&self) -> String {
        fs::read_to_string(&self.output).unwrap()
    }

    /// Waits for the end. The command must fail, because an incomplete run must not look complete.
    #[track_caller]
    pub(crate) fn expect_interrupted(&mut self) {
        let status = wait_for("the end of the command", || self.leader.try_wait().unwrap());
        assert_eq!(status.code(), Some(1));
        // A crash of Terraform would also be a failure.
        let output = self.output();
        assert!(!output.to_lowercase().contains("crash"), "{output}");
    }
}

impl Drop for ProcessGroup {
    fn drop(&mut self) {
        if let Ok(None) = self.leader.try_wait() {
            self.signal(Signal::SIGKILL);
            let _ = self.leader.wait();
        }
        if thread::panicking() {
            eprintln!("--- printed by the command\n{}", self.output());
        }
    }
}
