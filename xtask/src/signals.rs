//! Signals that this process ignores since its start.

use std::io;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use signal_hook::consts::{SIGHUP, SIGINT};

/// Makes programs that this process starts from now on handle SIGINT and SIGHUP by default.
///
/// A shell starts a background job with SIGINT ignored, and `nohup` a command with SIGHUP ignored. Programs inherit
/// an ignored signal, and a shell script cannot handle it then. A handler is not inherited, so one is installed for each
/// ignored signal. It does nothing: the signal remains without effect on this process.
pub fn reset_ignored_for_children() -> io::Result<()> {
    for (name, number) in [("INT", SIGINT), ("HUP", SIGHUP)] {
        // The shell sends the signal to itself. It survives only if it has inherited the signal as ignored.
        let is_ignored = Command::new("/bin/sh")
            .args(["-c", &format!("kill -{name} $$")])
            .status()?
            .success();
        if is_ignored {
            signal_hook::flag::register(number, Arc::<AtomicBool>::default())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::env;
    use std::os::unix::process::ExitStatusExt as _;

    use nix::sys::signal::{Signal, raise};

    use super::*;

    #[test]
    fn children_handle_signals_that_this_process_ignores() {
        const IGNORED: &str = "SIGNALS_ARE_IGNORED";
        if env::var_os(IGNORED).is_none() {
            // Runs this test again, below a shell that ignores both signals.
            let again = r#"trap '' INT HUP; exec "$0" --exact signals::tests::children_handle_signals_that_this_process_ignores"#;
            let output = Command::new("/bin/sh")
                .args(["-c", again])
                .arg(env::current_exe().unwrap())
                .env(IGNORED, "1")
                .output()
                .unwrap();
            let printed = String::from_utf8_lossy(&output.stdout);
            assert!(
                output.status.success() && printed.contains("1 passed"),
                "{printed}"
            );
            return;
        }
        reset_ignored_for_children().unwrap();
        for (name, signal) in [("INT", Signal::SIGINT), ("HUP", Signal::SIGHUP)] {
            let child = Command::new("/bin/sh")
                .args(["-c", &format!("kill -{name} $$")])
                .status()
                .unwrap();
            assert_eq!(child.signal(), Some(signal as i32));
            raise(signal).expect("this process ignores it");
        }
    }
}
